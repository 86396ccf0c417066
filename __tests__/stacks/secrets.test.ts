import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentByName, environmentNames } from '../../config/environments';
import { RotatedSecret } from '../../constructs/workload/rotated-secret';
import { Secret } from '../../constructs/workload/secret';
import { secretsDirectory, writeSecretFiles } from '../../constructs/workload/secret-files';
import { Workload } from '../../constructs/workload/workload';
import { type DockerContainer, startedContainers } from '../docker-objects';
import { chartObjects, podsOf } from '../kubernetes-objects';
import { rendered, service, type TargetName, targets } from '../product';
import { allStacks, environmentSystem, reference, type SynthesizedStack, stacksOf } from '../synthesized';

const everywhere = environmentNames.map((name) => [name] as const);
const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');

/** What a component is told in the open: its environment and its command lines. */
interface Told {
  readonly component: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

function told(stack: SynthesizedStack): Told[] {
  const split = (line: string): [string, string] => [
    line.slice(0, line.indexOf('=')),
    line.slice(line.indexOf('=') + 1),
  ];
  return [
    ...podsOf(stack).flatMap(({ component, template: { spec } }) =>
      [...spec.container, ...(spec.init_container ?? [])].map(({ env, command = [], args = [] }) => ({
        component,
        environment: Object.fromEntries(env.map(({ name, value = '' }) => [name, value])),
        words: [...command, ...args],
      })),
    ),
    ...startedContainers(stack).map(([component, { env = [], entrypoint = [], command = [], healthcheck }]) => ({
      component,
      environment: Object.fromEntries(env.map(split)),
      words: [...entrypoint, ...command, ...(healthcheck?.test ?? [])],
    })),
  ];
}

/** What of it is a secret, or looks like one; one line each. */
function leaks({ component, environment, words }: Told): string[] {
  const found: string[] = [];
  for (const [key, value] of Object.entries(environment)) {
    const isSecret = /PASSWORD|SECRET|TOKEN|CREDENTIAL|API_?KEY|PRIVATE/.test(key);
    if (isSecret && !key.endsWith('_FILE')) found.push(`${component}: ${key} is given in the open`);
    if (key.endsWith('_FILE') && !/^\/etc\/stock-analysis\/[\w.-]+$/.test(value))
      found.push(`${component}: ${key} is no file`);
    if (looksLikePassword(value)) found.push(`${component}: the value of ${key} looks like a password`);
  }
  for (const word of words) if (looksLikePassword(word)) found.push(`${component}: an argument looks like a password`);
  return found;
}

/** A password in an address, or one long word without any meaning. */
const looksLikePassword = (text: string) =>
  /:\/\/[^\s/:@]*:[^\s/@]+@/.test(text) ||
  /(?:requirepass|--password|PGPASSWORD=)/.test(text) ||
  text.split(/[\s/=:@.,"'-]+/).some((word) => /^(?=.*\d)(?=.*[a-zA-Z])[\w+]{20,}$/.test(word));

test.each(everywhere)('in %s, no component is told a secret but by a file', (name) => {
  expect(stacksOf(name).flatMap(told).flatMap(leaks)).toEqual([]);
  expect(stacksOf(name).flatMap(told).length).toBeGreaterThanOrEqual(8);
});

describe('a secret in the open is caught', () => {
  const cases: Array<[key: string, value: string, line: string]> = [
    ['DATABASE_PASSWORD', 'hunter2', 'web: DATABASE_PASSWORD is given in the open'],
    ['SECRET_KEY', 'x', 'web: SECRET_KEY is given in the open'],
    ['TUSHARE_TOKEN', 'x', 'web: TUSHARE_TOKEN is given in the open'],
    ['DATABASE_URL', 'postgresql://stock:hunter2@db:5432/x', 'web: the value of DATABASE_URL looks like a password'],
    ['MODE', 'dGhpcyBpcyBhIHBhc3N3b3JkMQ', 'web: the value of MODE looks like a password'],
    ['MODE', '9f86d081884c7d659a2feaa0c55ad015', 'web: the value of MODE looks like a password'],
    ['TOKEN_FILE', 'hunter2', 'web: TOKEN_FILE is no file'],
  ];
  describe.each(targets)('on %s', (target: TargetName) => {
    test.each(cases)('%s=%s', (key, value, line) => {
      const stack = rendered(target, (scope) => new Workload(scope, 'web', service({ environment: { [key]: value } })));
      expect(told(stack).flatMap(leaks)).toContain(line);
    });

    test('as an argument', () => {
      const command = ['serve', '--key=9f86d081884c7d659a2feaa0c55ad015'];
      const stack = rendered(target, (scope) => new Workload(scope, 'web', service({ command })));
      expect(told(stack).flatMap(leaks)).toEqual(['web: an argument looks like a password']);
    });
  });
});

test('no byte of the secrets of this machine is in what is synthesized', () => {
  const root = mkdtempSync(join(tmpdir(), 'secrets-'));
  try {
    writeSecretFiles(root, environmentSystem('local').environment.all(Secret));
    const folder = join(root, secretsDirectory);
    const values = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(acl|sql)$/.test(entry.name))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').trim())
      .filter((value) => value !== '');
    expect(values.length).toBeGreaterThanOrEqual(8);
    for (const { text } of allStacks()) {
      for (const value of values) expect(text.includes(value)).toBe(false);
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.each(clusters)(
  'in %s a password exists only while Terraform applies, and is written where it is not kept',
  (name) => {
    for (const stack of stacksOf(name)) {
      const secrets = stack.resources<{ data_wo: Record<string, string>; data_wo_revision: number }>(
        'kubernetes_secret_v1',
      );
      const generated = Object.keys(secrets).filter((label) => !/-(api-key|url|smtp-password)$/.test(label));
      expect(Object.keys(stack.json.ephemeral?.random_password ?? {})).toEqual(
        generated.map((component) => `password-${component}`),
      );
      for (const [component, secret] of Object.entries(secrets)) {
        expect(Object.keys(secret).sort()).toEqual(['data_wo', 'data_wo_revision', 'lifecycle', 'metadata']);
        expect(secret.data_wo_revision).toBe(1);
        for (const text of generated.includes(component) ? Object.values(secret.data_wo) : []) {
          expect(text).toContain(reference(`ephemeral.random_password.password-${component}.result`));
        }
      }
      // Anywhere else it would be kept in the state, or refused.
      const { kubernetes_secret_v1: _, ...others } = stack.json.resource ?? {};
      expect(JSON.stringify(others)).not.toContain('ephemeral.');
      expect(Object.keys(others).filter((type) => type.startsWith('random_'))).toEqual([]);
    }
  },
);

test.each(clusters)(
  'in %s a token of a source is a variable that Terraform keeps nowhere, and may be left out',
  (name) => {
    const stack = environmentSystem(name).stack('application');
    for (const source of ['tushare', 'akshare', 'wind']) {
      const secret = stack.resource<{ data_wo: object }>('kubernetes_secret_v1', `worker-${source}-api-key`);
      expect(secret.data_wo).toEqual({ [`${source}-api-key`]: reference(`var.worker_${source}_api_key`) });
    }
    expect(Object.values(stack.json.variable ?? {})).toEqual(
      Array(3).fill(expect.objectContaining({ type: 'string', default: '', ephemeral: true, sensitive: true })),
    );
  },
);

test.each(clusters)('in %s every password is long, and of letters and digits that fit every form', (name) => {
  const passwords = stacksOf(name).flatMap(({ json }) => Object.values(json.ephemeral?.random_password ?? {}));
  const count = (name === 'production' ? 26 : 27) + (environmentByName(name).logging ? 9 : 0);
  expect(passwords).toEqual(Array(count).fill({ length: 32, special: false }));
});

test.each(clusters)('in %s the values of a release hold no secret', (name) => {
  const objects = stacksOf(name).flatMap(chartObjects);
  expect(objects.map(({ kind }) => kind)).toContain('PodDisruptionBudget');
  expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  expect(JSON.stringify(objects)).not.toMatch(/\$\{(ephemeral|var)\./);
});

test('in local a secret is a file outside git that is uploaded, never a text', () => {
  const uploads = stacksOf('local').flatMap((stack) =>
    Object.values(stack.resources<DockerContainer>('docker_container')).flatMap(({ upload = [] }) => upload),
  );
  const secret = uploads.filter(({ file }) => /password|secret|\.acl/.test(file) && !/\.(sh|reread)$/.test(file));
  expect(secret.length).toBeGreaterThanOrEqual(8);
  for (const { content, source } of secret) {
    expect(content).toBeUndefined();
    expect(source).toMatch(/^\.\.\/\.\.\/\.\.\/\.local\/secrets\/local\/[\w-]+\/[\w.-]+$/);
  }
});

test.each(everywhere)('in %s every secret that a component reads is one that is made', (name) => {
  const { environment } = environmentSystem(name);
  const waiting = environment.all(RotatedSecret).map(({ former }) => former);
  const made = environment.all(Secret).flatMap((secret) =>
    Object.keys(secret.keys)
      // Of what waits for its turn, the server alone has to know.
      .filter((key) => !waiting.includes(secret) || /\.(sql|acl)$/.test(key))
      .map((key) => `${secret.label}/${key}`),
  );
  const inPods = stacksOf(name)
    .flatMap(podsOf)
    .flatMap(({ template }) => template.spec.volume)
    .flatMap(({ projected = [] }) => projected.flatMap(({ sources }) => sources))
    .flatMap(({ secret = [] }) =>
      secret.flatMap(({ name: of, items }) => items.map(({ key }) => `${of.replace('stock-analysis-', '')}/${key}`)),
    );
  const inContainers = stacksOf(name)
    .flatMap((stack) => Object.values(stack.resources<DockerContainer>('docker_container')))
    .flatMap(({ upload = [] }) => upload.flatMap(({ source = [] }) => source))
    .filter((source) => source !== '/dev/null')
    .map((source) => source.split('/').slice(-2).join('/'));
  expect([...new Set([...inPods, ...inContainers])].sort()).toEqual(made.sort());
});
