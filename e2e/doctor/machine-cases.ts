import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { SmallDisk } from '../faults/small-disk';
import type { Case } from './case';

const shiftedClock = path.join(__dirname, '../faults/shifted-clock.cjs');

/** An environment of the copy, which differs from `local` in a few settings. */
const published = `import { defineEnvironment } from '../environment';
import local from './local';

export default defineEnvironment({
  ...local,
  name: 'published',
  namespace: 'published',
  exposure: { type: 'published' },
  gateway: { ...local.gateway, localPort: 18080 },
});
`;

const environmentFile = (repository: string, name: string): string =>
  path.join(repository, 'config/environments', `${name}.ts`);

/** Set-ups that need neither an engine nor a cluster. */
export const machineCases: readonly Case[] = [
  {
    name: 'a value of the environment is wrong',
    by: "`retention.jobResultDays: 'one'` in its file",
    environment: 'broken',
    expected: { id: 'ENV-001', state: 'fail' },
    break: async ({ repository }) => {
      const text = published
        .replaceAll('published', 'broken')
        .replace("type: 'broken'", "type: 'published'")
        .replace('gateway:', "retention: { jobResultDays: 'one' as never },\n  gateway:");
      const file = environmentFile(repository, 'broken');
      writeFileSync(file, text);
      return { mend: () => rmSync(file) };
    },
  },
  {
    name: 'Terraform is too old',
    by: 'a program of that name that says 1.9.8',
    environment: 'local',
    only: 'TOOL',
    expected: { id: 'TOOL-002', state: 'fail' },
    break: async ({ folder }) => {
      const programs = path.join(folder, 'old-terraform');
      mkdirSync(programs);
      writeFileSync(path.join(programs, 'terraform'), '#!/bin/sh\necho \'{"terraform_version":"1.9.8"}\'\n');
      chmodSync(path.join(programs, 'terraform'), 0o755);
      return { variables: { PATH: `${programs}:${process.env.PATH}` } };
    },
  },
  {
    name: 'the Docker engine does not run',
    by: 'a socket that nobody has',
    environment: 'local',
    only: 'ENGINE',
    expected: { id: 'ENGINE-001', state: 'fail' },
    break: async ({ folder }) => ({ variables: { DOCKER_HOST: `unix://${folder}/none.sock` } }),
  },
  {
    name: 'the context is of another cluster',
    by: 'a kubeconfig without the context that the environment names',
    environment: 'staging',
    only: 'K8S',
    expected: { id: 'K8S-001', state: 'fail' },
    break: async ({ folder }) => ({ variables: { KUBE_CONFIG_PATH: kubeconfig(folder, 'elsewhere') } }),
  },
  {
    name: 'the API server is away',
    by: 'a kubeconfig that leads to a port that nobody has',
    environment: 'staging',
    only: 'K8S',
    expected: { id: 'K8S-002', state: 'fail' },
    break: async ({ folder }) => ({ variables: { KUBE_CONFIG_PATH: kubeconfig(folder, 'stock-analysis-staging') } }),
  },
  {
    name: 'there is no release yet',
    by: 'production as it is committed, with digests of zeros',
    environment: 'production',
    only: 'IMAGE-001',
    expected: { id: 'IMAGE-001', state: 'fail' },
    break: async () => ({}),
  },
  {
    name: 'the file of a secret is gone',
    by: 'the files of `npm run secrets`, one of them removed',
    environment: 'local',
    only: 'SECRET',
    expected: { id: 'SECRET-001', state: 'fail' },
    break: async ({ repository }) => {
      execFileSync('npm', ['run', '--silent', 'secrets'], { cwd: repository, stdio: 'ignore' });
      rmSync(path.join(repository, '.local/secrets/local/queue-worker/password'));
      return {};
    },
  },
  {
    name: 'everybody can read a secret',
    by: 'chmod 644',
    environment: 'local',
    only: 'SECRET-002',
    expected: { id: 'SECRET-002', state: 'fail' },
    break: async ({ repository }) => {
      execFileSync('npm', ['run', '--silent', 'secrets'], { cwd: repository, stdio: 'ignore' });
      chmodSync(path.join(repository, '.local/secrets/local/api/secret-key'), 0o644);
      return { mend: () => chmodSync(path.join(repository, '.local/secrets/local/api/secret-key'), 0o600) };
    },
  },
  {
    name: 'the certificate has expired',
    by: 'a certificate of openssl that ended yesterday',
    environment: 'published',
    only: 'TLS',
    expected: { id: 'TLS-001', state: 'fail' },
    break: async ({ repository, folder }) => {
      const file = environmentFile(repository, 'published');
      writeFileSync(file, published);
      const into = path.join(repository, '.local/secrets/published/gateway-tls-crt');
      mkdirSync(into, { recursive: true });
      const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
      openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-out', 'request', '-subj', '/CN=localhost');
      openssl('x509', '-req', '-in', 'request', '-signkey', 'key', '-days', '-1', '-out', path.join(into, 'tls.crt'));
      return { mend: () => rmSync(file) };
    },
  },
  {
    name: 'a port is taken',
    by: 'another program on port 8000',
    environment: 'embedded',
    expected: { id: 'HOST-001', state: 'fail' },
    break: async ({ folder }) => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(8000, '127.0.0.1', resolve));
      return {
        variables: { STOCK_FOLDER: path.join(folder, 'port') },
        mend: () => new Promise<void>((resolve) => server.close(() => resolve())),
      };
    },
  },
  {
    name: 'the disk is full',
    by: 'a tmpfs of 16 MB, filled to the last byte',
    environment: 'embedded',
    only: 'HOST-002',
    expected: { id: 'HOST-002', state: 'fail' },
    break: async ({ folder }) => {
      const disk = new SmallDisk(path.join(folder, 'disk'), 16);
      disk.fill();
      return { variables: { STOCK_FOLDER: path.join(folder, 'disk') }, mend: () => disk.unmount() };
    },
  },
  {
    name: 'the newest copy is old',
    by: "a copy of `stockops backup create`, and the doctor's own clock three days ahead",
    environment: 'embedded',
    only: 'BACKUP',
    expected: { id: 'BACKUP-002', state: 'warn' },
    break: async ({ repository, folder }) => {
      const STOCK_FOLDER = path.join(folder, 'old-copy');
      await startOnce(repository, STOCK_FOLDER);
      for (const words of [
        ['backup', 'init'],
        ['backup', 'create'],
      ])
        execFileSync('npm', ['run', '--silent', 'stockops', '--', ...words], {
          cwd: repository,
          stdio: 'ignore',
          env: { ...process.env, STOCK_FOLDER },
        });
      return {
        variables: { STOCK_FOLDER, NODE_OPTIONS: `--require ${shiftedClock}`, CLOCK_AHEAD_SECONDS: `${3 * 86_400}` },
      };
    },
  },
];

/** A kubeconfig with one context, which leads to a port that nobody has. */
function kubeconfig(folder: string, name: string): string {
  const file = path.join(folder, `kubeconfig-${name}`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: 'away', user: 'nobody' } }],
    clusters: [{ name: 'away', cluster: { server: 'https://127.0.0.1:9' } }],
    users: [{ name: 'nobody', user: {} }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** Has `npm start` make its folder, and ends it. */
function startOnce(repository: string, folder: string): Promise<void> {
  const words = ['start', '--', '--folder', folder, '--no-sample', '--port', '18000', '--metrics-port', '18101'];
  const product = spawn('npm', words, { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
  product.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('Ctrl-C stops everything')) product.kill('SIGTERM');
  });
  return new Promise((resolve, reject) => {
    product
      .on('error', reject)
      .on('close', (status) => (status === 0 ? resolve() : reject(new Error(`npm start ended with ${status}`))));
  });
}
