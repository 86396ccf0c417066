import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../../config/configuration-error';
import { defineEnvironment, type EnvironmentConfig } from '../../../config/environment';
import { environmentByName, environmentNames } from '../../../config/environments';
import { withOverrides } from '../../../config/overrides';
import { platformApp } from '../../../constructs/workload/app';
import { thingsIn } from '../../../stacks/kept/aspects';
import { committedPlans, type Plans } from '../../../stacks/kept/committed-plans';
import { type Plan, planOf } from '../../../stacks/kept/plan';
import { refuseForgotten } from '../../../stacks/kept/refuse-forgotten';
import { refuseLosses } from '../../../stacks/kept/refuse-losses';
import { addSystem, withSystem } from '../../../stacks/system';
import { changed } from '../../config/changed';
import { environmentSystem, stacksOf, synthesized } from '../../synthesized';

const dev = environmentByName('dev');
const protectedOnes = environmentNames.filter((name) => environmentByName(name).deletionProtection);

/** What an environment plans now, with its text changed in one unit or in all. */
function planned(name: string, change: (text: string) => string = (text) => text, unit?: string): Plans {
  return new Map(
    environmentSystem(name).stacks.map((stack) => {
      const { text } = environmentSystem(name).stack(stack.unit);
      return [stack.unit, planOf(JSON.parse(unit === undefined || stack.unit === unit ? change(text) : text))];
    }),
  );
}

/** What an environment plans that is not in config/environments. */
const plansOf = (config: EnvironmentConfig): Plans =>
  new Map(
    withSystem(config, ({ stacks }) =>
      stacks.map((stack) => {
        stack.prepareStack();
        return [stack.unit, planOf(stack.toTerraform())];
      }),
    ),
  );

/** The message with which an environment is refused, line by line. */
function refusal(config: EnvironmentConfig, after: Plans, before = planned(config.name)): string[] {
  try {
    refuseLosses(config, before, after);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message.split('\n').map((line) => line.trim());
  }
  return [];
}

const replacing = (from: string, to: string) => (text: string) => {
  if (!text.includes(from)) throw new Error(`nothing has ${from}`);
  return text.replaceAll(from, to);
};

const claim = 'kubernetes_persistent_volume_claim_v1.postgres-data';

describe('an environment that protects its data', () => {
  test.each(protectedOnes)('%s loses nothing of what was reviewed last', (name) => {
    expect(refusal(environmentByName(name), planned(name), committedPlans(name))).toEqual([]);
    expect(thingsIn(committedPlans(name).get('data') as Plan).length).toBeGreaterThan(10);
  });

  test('and is not written where it would lose something, not one of its stacks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'losses-'));
    try {
      const app = platformApp(folder);
      addSystem(app, defineEnvironment(changed(dev, { 'postgres.storageGiB': 4 })));
      expect(() => app.synth()).toThrow(ConfigurationError);
      expect(readdirSync(folder, { recursive: true })).toEqual(['stacks']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('but may be by who may destroy it', () => {
    const elsewhere = withOverrides(defineEnvironment(changed(dev, { namespace: 'elsewhere' })), {
      allowDestroy: 'dev',
    });
    expect(() => synthesized((app) => addSystem(app, elsewhere))).not.toThrow();
  });
});

describe('an upgrade of PostgreSQL', () => {
  const upgraded = (values: Readonly<Record<string, unknown>>) => () =>
    synthesized((app) =>
      addSystem(app, defineEnvironment(changed(dev, { 'quota.storageGiB': 60, 'postgres.major': 18, ...values }))),
    );

  test('keeps the volume that there was beside its own, used by nobody', () => {
    expect(upgraded({ 'postgres.keptMajor': 17 })).not.toThrow();
  });

  test('is refused where it leaves that volume out', () => {
    expect(upgraded({})).toThrow(`data: ${claim} (stock-analysis-postgres-data) would be gone`);
    expect(upgraded({})).toThrow('`stockops upgrade` brings the data to the next one');
  });

  test('lets go of it once it is confirmed, where that is said', () => {
    const reason = 'the upgrade was confirmed';
    const leftBehind = [{ unit: 'data', address: claim, reason }];
    expect(upgraded({ transitions: { moved: [], leftBehind, changed: [], imported: [] } })).not.toThrow();
  });

  test('is not what lets a volume be used by nobody otherwise', () => {
    const unused = replacing('"claim_name": "stock-analysis-postgres-data"', '"claim_name": "other"');
    expect(refusal(dev, planned('dev', unused, 'data'))).toContain(
      `data: ${claim}: server would be nothing, is postgres 17`,
    );
  });
});

describe('what is refused, and with what advice', () => {
  test('another namespace, in one line for all that is in it', () => {
    const whole = defineEnvironment(changed(dev, { namespace: 'elsewhere' }));
    let message = '';
    try {
      synthesized((app) => addSystem(app, whole));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n').slice(0, 4)).toEqual([
      'environment "dev" would lose what its data hangs on, which plans/dev has:',
      '  platform: kubernetes_namespace_v1.namespace: name would be elsewhere, is stock-analysis',
      expect.stringMatching(/^ {2}Another namespace is an empty one, .*move-data\.md#another-namespace/),
      expect.stringMatching(/^ {2}What is meant is said in config\/environments\/dev\.ts/),
    ]);
  });

  test("a component's other name: its claim and its Secrets", () => {
    const lines = refusal(
      dev,
      planned('dev', (text) => text.replaceAll(/"postgres(-(data|app|owner))?": \{/g, '"database$1": {'), 'data'),
    );
    expect(lines).toEqual(
      expect.arrayContaining([
        `data: ${claim} (stock-analysis-postgres-data) would be gone`,
        'data: kubernetes_secret_v1.postgres-app (stock-analysis-postgres-app) would be gone',
        expect.stringContaining('A component that has data keeps its name'),
        expect.stringContaining('What is in a Secret is nowhere else'),
        `transitions.leftBehind: { unit: 'data', address: '${claim}', reason: '…' }`,
      ]),
    );
    // What was only moved away from is not lost: a controller is made again from nothing.
    expect(lines.filter((line) => line.includes('stateful_set'))).toEqual([]);
  });

  test.each<[what: string, unit: string, from: string, to: string, line: string, advice: string]>([
    [
      'a claim that shrinks',
      'data',
      '"storage": "5Gi"',
      '"storage": "4Gi"',
      `${claim}: size would be 4Gi, is 5Gi`,
      'A claim only grows',
    ],
    [
      'another PGDATA',
      'data',
      '/var/lib/postgresql/data/pgdata',
      '/var/lib/postgresql/data/other',
      `${claim}: paths would be /var/lib/postgresql/data/other, is /var/lib/postgresql/data/pgdata`,
      'PGDATA',
    ],
    [
      'another place of the volume',
      'data',
      '"mount_path": "/data"',
      '"mount_path": "/other"',
      'kubernetes_persistent_volume_claim_v1.queue-data: mount would be /other, is /data',
      'begins empty there',
    ],
    [
      'the next major version of PostgreSQL',
      'data',
      '"app.kubernetes.io/version": "17.11"',
      '"app.kubernetes.io/version": "18.1"',
      `${claim}: server would be postgres 18, is postgres 17`,
      '`stockops upgrade` brings the data there',
    ],
    [
      'another server',
      'data',
      '"image": "redis:7.4.11"',
      '"image": "mirror.example:5000/valkey:7.4.11"',
      'kubernetes_persistent_volume_claim_v1.queue-data: server would be valkey 7, is redis 7',
      'Another server, or major version',
    ],
    [
      'another name of a Secret',
      'application',
      '"name": "stock-analysis-api",',
      '"name": "stock-analysis-http",',
      'kubernetes_secret_v1.api: name would be stock-analysis-http, is stock-analysis-api',
      'every API key is void',
    ],
    [
      'another key of a Secret',
      'application',
      '"secret-key":',
      '"other-key":',
      'kubernetes_secret_v1.api: keys would be other-key, is secret-key',
      'its readers find no file',
    ],
    [
      'another kind of claim',
      'data',
      '"ReadWriteOnce"',
      '"ReadWriteMany"',
      `${claim}: kind would be {"access_modes":["ReadWriteMany"]}, is {"access_modes":["ReadWriteOnce"]}`,
      'storage class',
    ],
    [
      'another service of a set',
      'data',
      '"service_name": "stock-analysis-postgres"',
      '"service_name": "other"',
      'kubernetes_stateful_set_v1.postgres: service would be other, is stock-analysis-postgres',
      'Kubernetes changes no name, selector',
    ],
    [
      'a claim template of a set',
      'data',
      '"service_name": "stock-analysis-postgres"',
      '"service_name": "stock-analysis-postgres", "volume_claim_template": [{}]',
      'kubernetes_stateful_set_v1.postgres: claim templates would be [{}], is []',
      'Kubernetes changes no name, selector',
    ],
    [
      'another selector of a deployment',
      'application',
      '"match_labels": {\n              "app.kubernetes.io/instance": "stock-analysis-api",',
      '"match_labels": {\n              "extra": "one", "app.kubernetes.io/instance": "stock-analysis-api",',
      'kubernetes_deployment_v1.api: selector would be {"app.kubernetes.io/instance":"stock-analysis-api","app.kubernetes.io/name":"api","extra":"one"}, is {"app.kubernetes.io/instance":"stock-analysis-api","app.kubernetes.io/name":"api"}',
      'Kubernetes changes no name, selector',
    ],
  ])('%s', (_, unit, from, to, line, advice) => {
    const lines = refusal(dev, planned('dev', replacing(from, to), unit));
    expect(lines).toContain(`${unit}: ${line}`);
    expect(lines).toContainEqual(expect.stringContaining(advice));
  });

  test('a whole unit that is left out', () => {
    const after = new Map([...planned('dev')].filter(([unit]) => unit !== 'backup'));
    expect(refusal(dev, after)).toContain(
      'backup: kubernetes_persistent_volume_claim_v1.backup-data (stock-analysis-backup-data) would be gone',
    );
  });

  test('the files of a secret of an engine, whose other name is another password, unless another unit reads them', () => {
    const local = defineEnvironment({ ...environmentByName('local'), deletionProtection: true });
    const plans = plansOf(local);
    const renaming = (unit?: string): Plans =>
      new Map([...plans].map(([name, plan]) => [name, unit && name !== unit ? plan : renamed(plan)]));
    const renamed = (plan: Plan): Plan =>
      JSON.parse(JSON.stringify(plan).replaceAll('/local/api/secret-key', '/local/web/secret-key'));
    expect(refusal(local, plans, plans)).toEqual([]);
    const lines = refusal(local, renaming(), plans);
    expect(lines).toContain('application: secret_files.api (.local/secrets/local/api) would be gone');
    expect(lines.join(' ')).toMatch(/files with another text are made.*docs\/runbooks\/move-data\.md#a-secret/);
    expect(refusal(local, renaming('application'), plans)).toEqual([]);
    const leftBehind = ['application', 'backup'].map((unit) => ({
      unit,
      address: 'secret_files.api',
      reason: 'moved',
    }));
    const meant = defineEnvironment({ ...local, transitions: { ...local.transitions, leftBehind } });
    expect(refusal(meant, renaming(), plans)).toEqual([]);
    expect(JSON.stringify(plansOf(meant).get('application')?.removed)).toBeUndefined();
  });

  test('a volume of an engine, its name and its labels, and who reads it where', () => {
    const local = defineEnvironment({ ...environmentByName('local'), deletionProtection: true });
    const keeping = (plans: Plans): Plans =>
      new Map([...plans].map(([unit, plan]) => [unit, JSON.parse(kept(JSON.stringify(plan)))]));
    const kept = replacing('"prevent_destroy":false', '"prevent_destroy":true');
    const withVolumes = (plans: Plans) =>
      new Map([...plans].filter(([, plan]) => /prevent_destroy/.test(JSON.stringify(plan))));
    const before = keeping(withVolumes(planned('local')));
    const changing = (from: string, to: string) => keeping(withVolumes(planned('local', replacing(from, to), 'data')));
    expect(refusal(local, before, before)).toEqual([]);
    expect(refusal(local, changing('postgres:17.11', 'timescale:17.11'), before)).toContain(
      'data: docker_volume.postgres-data: server would be timescale 17, is postgres 17',
    );
    expect(refusal(local, changing('PGDATA=/var/lib/postgresql/data/pgdata', 'PGDATA=/x'), before)).toContain(
      'data: docker_volume.postgres-data: paths would be , is /var/lib/postgresql/data/pgdata',
    );
    expect(refusal(local, changing('"name": "stock-analysis-queue-data"', '"name": "other"'), before)).toContain(
      'data: docker_volume.queue-data: name would be other, is stock-analysis-queue-data',
    );
    expect(refusal(local, changing('"queue-data": {', '"store-data": {'), before)).toContain(
      'data: docker_volume.queue-data (stock-analysis-queue-data) would be gone',
    );
  });
});

describe('what is no loss', () => {
  test.each<[what: string, from: string, to: string]>([
    ['a claim that grows', '"storage": "5Gi"', '"storage": "50Gi"'],
    ['a minor version', '"app.kubernetes.io/version": "17.11"', '"app.kubernetes.io/version": "17.12"'],
    ['another registry', '"image": "postgres:17.11"', '"image": "mirror.example:5000/library/postgres:17.11"'],
    ['a further key', '"password.sql":', '"more": "x", "password.sql":'],
  ])('%s', (_, from, to) => {
    expect(refusal(dev, planned('dev', replacing(from, to), 'data'))).toEqual([]);
  });

  test('any version of our own image, whatever a run calls it', () => {
    const released = withOverrides(dev, { operationsImage: 'registry.example/tools/stockops:2026-11' });
    const after = planned(
      'dev',
      replacing('stock-analysis/ops:0.1.0', 'registry.example/tools/stockops:2026-11'),
      'backup',
    );
    expect(refusal(released, after)).toEqual([]);
    expect(refusal(dev, after)).not.toEqual([]);
  });

  test('anything of an environment that protects nothing', () => {
    expect(refusal(environmentByName('local'), new Map())).toEqual([]);
  });
});

describe('what is meant', () => {
  const meaning = (transitions: object) => defineEnvironment(changed(dev, { transitions }));
  const shrunk = planned('dev', replacing('"storage": "5Gi"', '"storage": "4Gi"'), 'data');
  const entry = { unit: 'data', address: claim, what: 'size', from: '5Gi', to: '4Gi', reason: 'copied' };

  test('holds for what it says, and for nothing else', () => {
    expect(refusal(meaning({ changed: [entry] }), shrunk)).toEqual([]);
    for (const other of [{ unit: 'backup' }, { what: 'server' }, { from: '6Gi' }, { to: '3Gi' }])
      expect(refusal(meaning({ changed: [{ ...entry, ...other }] }), shrunk)).not.toEqual([]);
  });

  test('is said as the refusal says it', () => {
    expect(refusal(dev, shrunk)).toContain(
      `transitions.changed: { unit: 'data', address: '${claim}', what: 'size', from: '5Gi', to: '4Gi', reason: '…' }`,
    );
  });

  test('a thing that is left behind, or has moved, is not lost; what it hangs on still counts', () => {
    const renamed = planned('dev', replacing('"queue-data": {', '"store-data": {'), 'data');
    const from = 'kubernetes_persistent_volume_claim_v1.queue-data';
    const to = 'kubernetes_persistent_volume_claim_v1.store-data';
    expect(refusal(dev, renamed)).toContain(`data: ${from} (stock-analysis-queue-data) would be gone`);
    expect(refusal(meaning({ leftBehind: [{ unit: 'data', address: from, reason: 'x' }] }), renamed)).toEqual([]);
    const moved = meaning({ moved: [{ unit: 'data', from, to }] });
    expect(refusal(moved, renamed)).toEqual([]);
    const movedAndShrunk = planned(
      'dev',
      (text) =>
        replacing('"queue-data": {', '"store-data": {')(replacing('"storage": "1Gi"', '"storage": "0Gi"')(text)),
      'data',
    );
    expect(refusal(moved, movedAndShrunk)).toContain(`data: ${to}: size would be 0Gi, is 1Gi`);
  });
});

test('plans are not renewed without an environment that kept something', () => {
  const reviewed = ['dev', 'gone'];
  expect(() => refuseForgotten(reviewed, ['dev'], () => planned('dev'))).toThrow(
    /^plans\/gone has \d+ things that are kept \(stock-analysis.*config\/environments has no gone\.ts/,
  );
  expect(() => refuseForgotten(reviewed, ['dev'], () => planned('local'))).not.toThrow();
  expect(() => refuseForgotten(reviewed, reviewed, () => planned('dev'))).not.toThrow();
});

test('every stack says from which version of Terraform on it is understood', () => {
  for (const name of environmentNames)
    for (const stack of stacksOf(name)) expect(stack.json.terraform).toMatchObject({ required_version: '>= 1.11' });
});
