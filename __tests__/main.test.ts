import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, repositoryRoot, runMain, stopCommands } from './command';

jest.setTimeout(60_000);

const directory = mkdtempSync(join(tmpdir(), 'main-'));
afterAll(() => {
  stopCommands();
  rmSync(directory, { recursive: true });
});

const output = (name: string) => join(directory, name);
const run = (name: string, environment: Record<string, string>) =>
  runMain({ CDKTF_OUTDIR: output(name), ...environment });

const digest = `sha256:${'ab'.repeat(32)}`;
let ended: Record<'nonsense' | 'dev' | 'empty' | 'badImage' | 'destroy' | 'two', Ended>;

// One after another they would take as long as everything else together.
beforeAll(async () => {
  const [nonsense, empty, badImage, destroy] = await Promise.all([
    run('nonsense', { ENVIRONMENT: 'nonsense' }),
    run('empty', { ENVIRONMENT: '' }),
    run('bad-image', { ENVIRONMENT: 'dev', APPLICATION_IMAGE: 'app' }),
    run('destroy', { ENVIRONMENT: 'production', ALLOW_DESTROY: 'production' }),
  ]);
  const [dev, two] = await Promise.all([
    run('dev', {
      ENVIRONMENT: 'dev',
      APPLICATION_IMAGE: `registry.example/app:7@${digest}`,
      IMAGE_REGISTRY: 'mirror.example',
    }),
    run('two', { ENVIRONMENT: 'staging,dev' }),
  ]);
  ended = { nonsense, dev, empty, badImage, destroy, two };
});

test('an unknown environment is one clear line, and nothing is written', () => {
  expect(ended.nonsense).toEqual({
    status: 1,
    stdout: '',
    stderr: 'unknown environment "nonsense", allowed: local, dev, staging, production\n',
  });
  expect(readdirSync(output('nonsense'), { recursive: true })).toEqual(['stacks']);
});

test('an empty name is no environment, and not all of them', () => {
  expect([ended.empty.status, ended.empty.stderr]).toEqual([
    1,
    'unknown environment "", allowed: local, dev, staging, production\n',
  ]);
});

test('an image that names no version is one clear line', () => {
  expect([ended.badImage.status, ended.badImage.stderr]).toEqual([
    1,
    'application image "app", allowed: name:tag, name@sha256:<64 hexadecimal digits>, or name:tag@sha256:...\n',
  ]);
});

test('production cannot be opened for destruction', () => {
  expect([ended.destroy.status, ended.destroy.stderr]).toEqual([
    1,
    'environment "production":\n  deletionProtection: got false, allowed: true in production\n',
  ]);
});

test('one environment is written and no other, with a line for each stack', () => {
  expect(ended.dev.status).toBe(0);
  expect(readdirSync(join(output('dev'), 'stacks')).sort()).toEqual(['dev-application', 'dev-data', 'dev-platform']);
  const lines = ended.dev.stderr.trim().split('\n');
  expect(lines.map((line) => line.replace(/\s+/g, ' ').split(' ').slice(0, 3).join(' '))).toEqual([
    'dev-platform 4 resources',
    'dev-data 21 resources',
    'dev-application 22 resources',
  ]);
  expect(lines[0]).toMatch(/dev\/stacks\/dev-platform\/cdk\.tf\.json$/);
});

test('a run may bring its own image and registry', () => {
  const text = readFileSync(join(output('dev'), 'stacks/dev-application/cdk.tf.json'), 'utf8');
  expect(text).toContain(`"mirror.example/registry.example/app@${digest}"`);
  expect(text).not.toContain('"stock-analysis/app');
});

test('several environments are named with commas, and one that was never released says so', () => {
  expect(ended.two.status).toBe(0);
  expect(readdirSync(join(output('two'), 'stacks'))).toHaveLength(6);
  expect(ended.two.stderr.trim().split('\n').slice(6)).toEqual([
    'staging: no release yet; put the digest of one into config/environments/staging.ts before you deploy it',
  ]);
});

test('cdktf reports nothing to anyone, and knows the project by a fixed id', () => {
  const settings = JSON.parse(readFileSync(join(repositoryRoot, 'cdktf.json'), 'utf8'));
  expect(settings).toMatchObject({
    language: 'typescript',
    sendCrashReports: 'false',
    projectId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  });
  expect(settings.app).toMatch(/tsx main\.ts$/);
});
