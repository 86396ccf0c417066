import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { environmentByName } from '../../config/environments';
import { secretsOf } from '../../constructs/workload/secret-files';
import { run } from '../terraform';
import { until } from '../until';
import { execute, pipeInto } from './execute';
import type { Target } from './target';

const machine = 'stock-analysis-disaster';
const storeMark = 'stockops-store.json';
const root = join(__dirname, '../..');
const healthySeconds = 180;

const nameOf = (component: string): string => `stock-analysis-${component}`;
const docker = (...words: string[]): Promise<string> => execute('docker', words);
const ours = (...listing: string[]): string =>
  run('docker', [...listing, '-q', '--filter', 'label=app.kubernetes.io/part-of=stock-analysis']);

/** What people give where copies are encrypted and go into a bucket, by the name of its file. */
const givenKeys: Readonly<Record<string, string | undefined>> = {
  's3-access-key': process.env.BACKUP_S3_ACCESS_KEY,
  's3-secret-key': process.env.BACKUP_S3_SECRET_KEY,
  'age-identity': process.env.BACKUP_AGE_IDENTITY,
};

function giveKey(key: string, text: string | undefined): void {
  const secrets = join(root, secretsOf('local'));
  const file = readdirSync(secrets, { recursive: true, encoding: 'utf8' }).find((each) => basename(each) === key);
  if (file && text) writeFileSync(join(secrets, file), text);
}

async function removeNetwork(network: string): Promise<void> {
  // Of a container that was removed while it was started again the engine may remember that it is there.
  const names = await docker('network', 'inspect', '--format', '{{range .Containers}}{{.Name}} {{end}}', network);
  for (const name of names.trim().split(' ').filter(Boolean))
    await docker('network', 'disconnect', '--force', network, name);
  await docker('network', 'rm', network);
}

/** The local environment, on the engine of this machine. */
export class DockerTarget implements Target {
  readonly config = environmentByName('local');
  readonly gateway = 'http://localhost:8080';

  refuseToOverwrite(): void {
    assert.equal(
      ours('ps', '-a') + ours('volume', 'ls'),
      '',
      'containers or volumes of the system exist; this script destroys them at the end: remove them first',
    );
  }

  begin(): void {
    run('node', ['--import', 'tsx', 'stacks/write-secret-files.ts']);
    for (const [key, text] of Object.entries(givenKeys)) giveKey(key, text);
  }

  async end(): Promise<void> {
    assert.equal(ours('ps', '-a') + ours('volume', 'ls') + ours('network', 'ls'), '', 'nothing is left');
  }

  /** It is published. */
  async openGateway(): Promise<void> {}

  inside(component: string, words: readonly string[], inputFile?: string): Promise<string> {
    const how = inputFile === undefined ? [] : ['-i'];
    return execute('docker', ['exec', ...how, nameOf(component), ...words], inputFile);
  }

  async stop(components: readonly string[]): Promise<void> {
    await docker('stop', ...components.map(nameOf));
  }

  async start(components: readonly string[]): Promise<void> {
    await docker('start', ...components.map(nameOf));
    for (const component of components) await this.#requireHealthy(component);
  }

  async destroyDatabase(): Promise<void> {
    await this.stop(['postgres']);
    await this.remove('postgres');
    await docker('volume', 'rm', 'stock-analysis-postgres-data');
  }

  async destroyEverything(): Promise<void> {
    const listed = (...listing: string[]) =>
      ours(...listing)
        .split('\n')
        .filter(Boolean);
    await docker('rm', '--force', '--volumes', ...listed('ps', '-a'));
    await docker('volume', 'rm', ...listed('volume', 'ls'));
    for (const network of listed('network', 'ls')) await removeNetwork(network);
    for (const folder of [secretsOf('local'), '.local/state']) rmSync(join(root, folder), { recursive: true });
  }

  async fetchFromStore(names: readonly string[], folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const from = [
      'docker',
      'exec',
      nameOf('backup'),
      'tar',
      '--create',
      '--directory',
      '/backup/store',
      storeMark,
      ...names,
    ];
    await pipeInto(from, ['tar', '--extract', '--ignore-zeros', '--directory', folder]);
  }

  async remove(component: string): Promise<void> {
    await docker('rm', '--force', '--volumes', nameOf(component));
  }

  async containerOf(component: string): Promise<string> {
    return (await docker('inspect', '--format', '{{.Id}}', nameOf(component))).trim();
  }

  async restartsOf(component: string): Promise<number> {
    return Number(await docker('inspect', '--format', '{{.RestartCount}}', nameOf(component)));
  }

  async onMachine(script: string, words: readonly string[]): Promise<string> {
    const image = (await docker('inspect', '--format', '{{.Image}}', nameOf('api'))).trim();
    const how = ['--rm', '--name', machine, '--pid=host', '--user=0', '--network=none', '--entrypoint=node'];
    return docker('run', ...how, image, '-e', script, ...words);
  }

  async #requireHealthy(component: string): Promise<void> {
    const isHealthy = await until(healthySeconds, async () => {
      const health = await docker('inspect', '--format', '{{.State.Health.Status}}', nameOf(component));
      return health.trim() === 'healthy';
    });
    assert.ok(isHealthy, `${component} is healthy within ${healthySeconds} s`);
  }
}
