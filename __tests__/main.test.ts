import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames } from '../config/environments';
import { type Ended, repositoryRoot, runMain, runScript, stopCommands } from './command';
import { environmentSystem } from './synthesized';

jest.setTimeout(180_000);

const directory = mkdtempSync(join(tmpdir(), 'main-'));
afterAll(() => {
  stopCommands();
  rmSync(directory, { recursive: true });
});

const output = (name: string) => join(directory, name);
const run = (name: string, environment: Record<string, string>) =>
  runMain({ CDKTF_OUTDIR: output(name), ...environment });

const digest = `sha256:${'ab'.repeat(32)}`;
let ended: Record<'nonsense' | 'badImage' | 'dev', Ended>;

beforeAll(async () => {
  const [nonsense, badImage, dev] = await Promise.all([
    run('nonsense', { ENVIRONMENT: 'dev,nonsense' }),
    run('bad-image', { ENVIRONMENT: 'dev', APPLICATION_IMAGE: 'app' }),
    run('dev', {
      ENVIRONMENT: 'dev',
      APPLICATION_IMAGE: `registry.example/app:7@${digest}`,
      IMAGE_REGISTRY: 'mirror.example',
    }),
  ]);
  ended = { nonsense, badImage, dev };
});

test('an unknown environment, among known ones too, is one clear line, and nothing is written', () => {
  expect(ended.nonsense).toEqual({
    status: 2,
    stdout: '',
    stderr: `there is no environment 'nonsense'; allowed: ${environmentNames.join(', ')}\n`,
  });
  expect(existsSync(output('nonsense'))).toBe(false);
});

test('an image that names no version is one clear line', () => {
  expect([ended.badImage.status, ended.badImage.stderr]).toEqual([
    2,
    'application image "app", allowed: name:tag, name@sha256:<64 hexadecimal digits>, or name:tag@sha256:...\n',
  ]);
});

test('a folder that cannot be written is one clear line', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const { status, stderr } = await runMain({ ENVIRONMENT: 'local', CDKTF_OUTDIR: join(file, 'out') });
  expect([status, stderr]).toEqual([
    2,
    `cannot write ${file}/out (ENOTDIR); make ${file}/out writable, or name another folder in CDKTF_OUTDIR\n`,
  ]);
});

test('one environment is written and no other, with a line for each stack', () => {
  expect(ended.dev.status).toBe(0);
  const names = environmentSystem('dev').stacks.map(({ node }) => node.id);
  expect(readdirSync(join(output('dev'), 'stacks')).sort()).toEqual(names.sort());
  const lines = ended.dev.stderr.trim().split('\n');
  expect(lines.map((line) => line.replace(/\s+/g, ' ').split(' ').slice(0, 3).join(' '))).toEqual(
    environmentSystem('dev').stacks.map(({ unit, node }) => {
      const { addresses } = environmentSystem('dev').stack(unit);
      return `${node.id} ${addresses.length} resources`;
    }),
  );
  expect(lines[0]).toMatch(/dev\/stacks\/dev-platform\/cdk\.tf\.json$/);
});

test("the cdktf command line finds each stack's dependencies under the names of stacks", () => {
  const { stacks } = JSON.parse(readFileSync(join(output('dev'), 'manifest.json'), 'utf8')) as {
    stacks: Record<string, { name: string; dependencies: string[] }>;
  };
  const order = Object.values(stacks).map(({ name, dependencies }) => [name, ...dependencies]);
  const names = environmentSystem('dev').stacks.map(({ node }) => node.id);
  expect(order.sort()).toEqual(names.map((name, index) => [name, ...names.slice(0, index).slice(-1)]).sort());
});

test('what cdktf deploys is one environment, whose images somebody has released; nothing is written otherwise', async () => {
  const main = join(repositoryRoot, 'main.ts');
  const deploying = (name: string, environment: Record<string, string>) =>
    runScript(main, { CDKTF_OUTDIR: output(name), ...environment }, repositoryRoot, ['deploy']);
  const [unnamed, unreleased] = await Promise.all([
    deploying('unnamed', {}),
    deploying('unreleased', { ENVIRONMENT: 'production' }),
  ]);
  expect([unnamed.status, unnamed.stderr]).toEqual([
    2,
    expect.stringMatching(/^ENVIRONMENT is not set, allowed: one of/),
  ]);
  expect([unreleased.status, unreleased.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^production: no release yet; put its digests into config\/environments\/production.ts\nproduction: \d+ images have no digest; npm run digests .*\n(?: {2}\S+\n)* {2}postgres:17/,
    ),
  ]);
  for (const name of ['unnamed', 'unreleased']) expect(existsSync(output(name))).toBe(false);
});

test('a run may bring its own image, and a registry for the others', () => {
  const text = readFileSync(join(output('dev'), 'stacks/dev-application/cdk.tf.json'), 'utf8');
  expect(text).toContain(`"registry.example/app@${digest}"`);
  expect(text).not.toContain('"stock-analysis/app');
});

test('cdktf reports nothing to anyone, and knows the project by a fixed id', () => {
  const settings = JSON.parse(readFileSync(join(repositoryRoot, 'cdktf.json'), 'utf8'));
  expect(settings).toMatchObject({
    language: 'typescript',
    sendCrashReports: 'false',
    projectId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  });
  expect(settings.app).toMatch(/tsx main\.ts deploy$/);
});

test('an environment file that cannot be used is its message alone, whichever command loads it', async () => {
  const loader = join(directory, 'broken-environment.ts');
  const source = join(repositoryRoot, 'config');
  writeFileSync(
    loader,
    `import '${source}/report-errors';\nimport dev from '${source}/environments/dev';\n` +
      `import { defineEnvironment } from '${source}/environment';\ndefineEnvironment({ ...dev, namespace: 'Stock' });\n`,
  );
  const { status, stderr } = await runScript(loader, {});
  expect([status, stderr]).toEqual([
    2,
    'environment "dev":\n  namespace: got "Stock", allowed: a DNS label: lower-case letters, digits and "-", at most 40 characters\n',
  ]);
  for (const command of ['main.ts', 'stacks/write-plans.ts', 'stacks/write-secret-files.ts']) {
    const [first] = readFileSync(join(repositoryRoot, command), 'utf8').split('\n');
    expect([command, first]).toEqual([command, expect.stringMatching(/^import '\.\.?\/config\/report-errors';$/)]);
  }
});
