import fc from 'fast-check';
import { databaseConnectionAlert } from '../../config/database-connections';
import { defineEnvironment } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import production from '../../config/environments/production';
import staging from '../../config/environments/staging';
import { maxReplicas, minReplicas } from '../../config/fields';
import { previewOf } from '../../config/preview';
import { changed } from './changed';
import { problems } from './problems';

/** The lines of the error a configuration is refused with, without the heading; none when it is accepted. */
describe('the schema', () => {
  const cases: Array<[what: string, path: string, value: unknown, line: string]> = [
    ['a target that is not built', 'target', 'podman', 'target: got "podman", allowed: "docker", "kubernetes"'],
    [
      'a name that is no DNS label',
      'name',
      'QA 1',
      'name: got "QA 1", allowed: a DNS label: lower-case letters, digits and "-", at most 40 characters',
    ],
    ['a tier that is none', 'tier', 'prod', 'tier: got "prod", allowed: "development", "staging", "production"'],
    [
      'a topology nobody knows',
      'cache.topology',
      'managed',
      'cache.topology: got "managed", allowed: "bundled", "operator", "existing"',
    ],
    [
      'a log level of another system',
      'logLevel',
      'TRACE',
      'logLevel: got "TRACE", allowed: "DEBUG", "INFO", "WARNING", "ERROR"',
    ],
    [
      'a pull policy in lower case',
      'images.pullPolicy',
      'always',
      'images.pullPolicy: got "always", allowed: "Always", "IfNotPresent"',
    ],
    ['an unknown key at the top', 'replicas', 3, 'replicas: unknown key; remove it or correct its name'],
    [
      'an unknown key further down',
      'api.databasePool.max',
      3,
      'api.databasePool.max: unknown key; remove it or correct its name',
    ],
    ['a number below its range', 'api.memoryMiB', 31, 'api.memoryMiB: got 31, allowed: 32 or more'],
    ['a number above its range', 'worker.concurrency', 65, 'worker.concurrency: got 65, allowed: 64 or less'],
    ['a broken number', 'cache.cpuMillicores', 1.5, 'cache.cpuMillicores: got 1.5, allowed: a whole number'],
    ['a number as text', 'quota.pods', '30', 'quota.pods: got "30", allowed: a whole number'],
    ['text as a number', 'namespace', 7, 'namespace: got 7, allowed: a value of type string'],
    ['a missing block', 'postgres', undefined, 'postgres: got nothing, allowed: a value of type object'],
    [
      'a missing value in a block',
      'postgres.storageGiB',
      undefined,
      'postgres.storageGiB: got nothing, allowed: a whole number',
    ],
    [
      'a missing flag',
      'deletionProtection',
      undefined,
      'deletionProtection: got nothing, allowed: a value of type boolean',
    ],
    ['no host at all', 'hosts', [], 'hosts: got [], allowed: one host name or more'],
    [
      'one bad host among good ones',
      'hosts',
      ['a.example', 'B_d'],
      'hosts.1: got "B_d", allowed: a lower-case host name',
    ],
    [
      'a namespace in capitals',
      'namespace',
      'Stock',
      'namespace: got "Stock", allowed: a DNS label: lower-case letters, digits and "-", at most 40 characters',
    ],
    [
      'a digest that is too short',
      'images.application.digest',
      'sha256:abc',
      'images.application.digest: got "sha256:abc", allowed: sha256: and 64 hexadecimal digits',
    ],
    [
      'a tag with a space',
      'images.application.tag',
      '1 2',
      'images.application.tag: got "1 2", allowed: an image tag of at most 63 characters, never "latest"',
    ],
    ['too few replicas', 'api.scale', { replicas: 0 }, 'api.scale.replicas: got 0, allowed: 1 or more'],
    [
      'a scale of neither form',
      'worker.scale',
      { min: 1 },
      'worker.scale: got {"min":1}, allowed: { replicas: 1..50 } or { minReplicas: 1..50, maxReplicas: 1..50, cpuPercent: 10..95 }',
    ],
    [
      'a scale of both forms',
      'worker.scale',
      { replicas: 1, minReplicas: 1 },
      'worker.scale.minReplicas: unknown key; remove it or correct its name',
    ],
    [
      'a kind of state nobody knows',
      'state',
      { type: 'consul' },
      'state.type: got "consul", allowed: "local", "kubernetes", "s3", "gcs", "azurerm", "oss", "http", "pg"',
    ],
    [
      'a state without its fields',
      'state',
      { type: 'kubernetes' },
      'state.namespace: got nothing, allowed: a value of type string',
    ],
    [
      'a state with the fields of another',
      'state',
      { type: 'kubernetes', namespace: 'a', bucket: 'b' },
      'state.bucket: unknown key; remove it or correct its name',
    ],
  ];

  test.each(cases)('%s is refused with its path, its value and what is allowed', (_, path, value, line) => {
    expect(problems(changed(dev, { [path]: value }))).toEqual([line]);
  });

  test('every problem is listed at once, each on its own line', () => {
    expect(
      problems(changed(dev, { target: 'podman', 'api.memoryMiB': 1, 'images.application.tag': '', foo: 1 })).sort(),
    ).toEqual([
      'api.memoryMiB: got 1, allowed: 32 or more',
      'foo: unknown key; remove it or correct its name',
      'images.application.tag: got "", allowed: an image tag of at most 63 characters, never "latest"',
      'target: got "podman", allowed: "docker", "kubernetes"',
    ]);
  });

  test('the message begins with the environment that is wrong', () => {
    expect(() => defineEnvironment(changed(dev, { target: 'podman' }))).toThrow(/^environment "dev":\n {2}target: /);
  });

  test('what is not an object is refused like everything else', () => {
    expect(() => defineEnvironment(null as never)).toThrow(
      'environment nothing:\n  (the whole environment): got null, allowed: a value of type object',
    );
  });

  test('an address that is no URL is refused in words', () => {
    const state = { type: 's3', bucket: 'states', region: 'r', endpoint: 'minio' };
    expect(problems(changed(dev, { state }))).toEqual([
      expect.stringMatching(/^state\.endpoint: got "minio", allowed: .*URL/),
    ]);
  });

  test('a tag that means another image tomorrow is refused', () => {
    expect(problems(changed(dev, { 'images.application.tag': 'latest' }))).toEqual([
      expect.stringMatching(/^images\.application\.tag: got "latest", allowed: /),
    ]);
  });

  test('every accepted tag is fit to be the version label of an object', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w][\w.-]{0,127}$/), (tag) => {
        const isLabel = tag.length <= 63 && /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/.test(tag);
        return isLabel || problems(changed(dev, { 'images.application.tag': tag })).length > 0;
      }),
    );
  });

  test('a whole environment and each of its blocks are frozen', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(defineEnvironment(structuredClone(dev)))).toBe(true);
    expect(() => {
      (local.quota as { pods: number }).pods = 1;
    }).toThrow(TypeError);
  });

  test('what is accepted is what was written: nothing is filled in', () => {
    const input = structuredClone(production);
    expect(defineEnvironment(input)).toEqual(production);
    expect(Object.keys(defineEnvironment(changed(dev, { kubernetesContext: undefined })))).not.toContain(
      'kubernetesContext',
    );
  });
});

describe('servers that somebody else runs', () => {
  const caFile = '__tests__/config/ca.pem';
  const postgres = { topology: 'existing', host: 'db.example.com', port: 5432, database: 'stockdb' };
  /** Whoever runs that server makes its copies. */
  const backup = undefined;
  const redis = { topology: 'existing', host: 'redis.example.com', port: 6380 };

  test('are taken with their addresses alone, and with a CA, names and a pooler', () => {
    expect(problems(changed(production, { backup, postgres, cache: redis, queue: redis }))).toEqual([]);
    const users = { api: 'stock-api', worker: 'stock-worker' };
    expect(
      problems(
        changed(production, {
          backup,
          postgres: { ...postgres, caFile, pooled: true, passwordRevisions: { read: 2 } },
          cache: { ...redis, caFile, users },
          queue: { ...redis, caFile, users: { ...users, scheduler: 'default' } },
        }),
      ),
    ).toEqual([]);
  });

  test('have no size, because nobody here gives it to them', () => {
    expect(
      problems(changed(dev, { postgres: { ...postgres, storageGiB: 5 }, cache: { ...redis, memoryMiB: 64 } })),
    ).toEqual([
      'postgres.storageGiB: unknown key; remove it or correct its name',
      'cache.memoryMiB: unknown key; remove it or correct its name',
    ]);
  });

  test.each([
    ['postgres.database', { postgres: { ...postgres, database: 'stock db' } }, 'a name of lower-case letters'],
    [
      'postgres.sslMode',
      { postgres: { ...postgres, sslMode: 'prefer' } },
      '"disable", "require", "verify-ca", "verify-full"',
    ],
    ['cache.users.api', { cache: { ...redis, users: { api: 'a b' } } }, 'a name of letters, digits, "_" and "-"'],
    ['cache.users.scheduler', { cache: { ...redis, users: { scheduler: 'x' } } }, 'unknown key'],
    ['postgres.passwordRevisions.app', { postgres: { ...postgres, passwordRevisions: { app: 0 } } }, '1 or more'],
  ])('%s has to be right', (path, values, allowed) => {
    const [line, ...others] = problems(changed(dev, values));
    expect(line).toContain(`${path}: `);
    expect(line).toContain(allowed);
    expect(others).toEqual([]);
  });

  test.each(['missing.pem', 'package.json', '../ca.pem', '/etc/ssl/certs/ca-certificates.crt'])(
    'a CA is not in %s',
    (file) => {
      expect(problems(changed(dev, { postgres: { ...postgres, caFile: file } }))).toEqual([
        `postgres.caFile: got ${JSON.stringify(file)}, allowed: a file of this repository with certificates in PEM, such as config/certificates/ca.pem`,
      ]);
    },
  );

  test('are checked by certificate and name in production', () => {
    const open = { ...redis, tls: false };
    const values = { backup, postgres: { ...postgres, sslMode: 'require' }, cache: open, queue: open };
    expect(problems(changed(production, values))).toEqual([
      'postgres.sslMode: got "require", allowed: "verify-full" in production',
      'cache.tls: got false, allowed: true in production',
      'queue.tls: got false, allowed: true in production',
    ]);
    expect(problems(changed(dev, values))).toEqual([]);
  });

  test('have no CA where no certificate is checked', () => {
    const open = { ...redis, tls: false, caFile };
    const values = { backup, postgres: { ...postgres, sslMode: 'require', caFile }, cache: open, queue: open };
    expect(problems(changed(dev, values))).toEqual(
      ['postgres', 'cache', 'queue'].map(
        (component) => `${component}.caFile: got "${caFile}", allowed: nothing where no certificate is checked`,
      ),
    );
  });

  test('are not trusted for having any certificate of a public CA', () => {
    const values = { ...postgres, sslMode: 'verify-ca' };
    expect(problems(changed(dev, { backup, postgres: values }))).toEqual([
      'postgres.sslMode: got "verify-ca", allowed: "verify-full", or a caFile: every server of a public CA would pass',
    ]);
    expect(problems(changed(dev, { backup, postgres: { ...values, caFile } }))).toEqual([]);
  });

  test('are not what a preview works on', () => {
    const preview = previewOf(defineEnvironment(changed(dev, { backup, postgres, cache: redis, queue: redis })), {
      name: 'pr-7',
      hours: 48,
    });
    expect(problems(preview)).toEqual(
      ['postgres', 'cache', 'queue'].map((component) =>
        expect.stringMatching(`^${component}.host: got .*, allowed: topology "bundled" where lifetimeHours is set`),
      ),
    );
  });
});

describe('copies of the database', () => {
  const recipients = ['q', 'p'].map((letter) => `age1${letter.repeat(58)}`);
  const s3 = { bucket: 'copies', prefix: 'stock/production', region: 'cn-north-1' };

  test('are made in production, but of a server that somebody else runs', () => {
    expect(problems(changed(production, { backup: undefined }))).toEqual([
      'backup: got nothing, allowed: a backup in production, such as that of config/environments/production.ts',
    ]);
    expect(problems(changed(staging, { backup: undefined }))).toEqual([]);
    const postgres = { topology: 'existing', host: 'db.example.com', port: 5432, database: 'stockdb' };
    expect(problems(changed(production, { postgres }))).toEqual([
      'backup: got "existing", allowed: nothing where postgres.topology is "existing": whoever runs that server makes its copies',
    ]);
  });

  test('are kept as the manual has it, and made by night, where nothing else is said', () => {
    const { backup } = defineEnvironment(production);
    expect(backup).toMatchObject({
      schedule: '30 2 * * *',
      drillSchedule: '30 4 * * 0',
      baseSchedule: '30 3 * * 6',
      keep: { last: 3, daily: 30, weekly: 8, monthly: 12 },
    });
  });

  test('have room for the database twice', () => {
    expect(problems(changed(dev, { 'backup.storageGiB': 9 }))).toEqual([
      'backup.storageGiB: got 9, allowed: 10 or more, 2 times postgres.storageGiB: a drill and a base backup are as large as the database',
    ]);
  });

  test('need the image that makes them', () => {
    expect(problems(changed(dev, { 'images.operations': undefined }))).toEqual([
      'images.operations: got nothing, allowed: the image of ops/Dockerfile, where there is a backup',
    ]);
  });

  test('are encrypted before they leave for a bucket', () => {
    expect(problems(changed(production, { 'backup.s3': s3 }))).toEqual([
      'backup.ageRecipients: got nothing, allowed: two public keys of age or more where copies go into a bucket: they are encrypted before they leave',
    ]);
    expect(problems(changed(production, { 'backup.s3': s3, 'backup.ageRecipients': recipients }))).toEqual([]);
  });

  test.each([
    ['backup.ageRecipients', { 'backup.ageRecipients': [recipients[0]] }, 'two keys or more'],
    ['backup.ageRecipients', { 'backup.ageRecipients': [recipients[0], recipients[0]] }, 'keys of different people'],
    ['backup.ageRecipients.0', { 'backup.ageRecipients': ['AGE-SECRET-KEY-1', recipients[0]] }, 'a public key of age'],
    ['backup.keep.last', { 'backup.keep.last': 2 }, '3 or more'],
    ['backup.schedule', { 'backup.schedule': '30 25 * * *' }, 'five fields of cron'],
    ['backup.drillSchedule', { 'backup.drillSchedule': '0 4 1 * 0' }, 'that restrict one kind of day at most'],
    [
      'backup.s3.caFile',
      { 'backup.s3': { ...s3, caFile: 'none.pem', endpoint: 'https://store.example' } },
      'a file of this repository with certificates in PEM',
    ],
    [
      'backup.s3.caFile',
      { 'backup.s3': { ...s3, caFile: '__tests__/config/ca.pem' }, 'backup.ageRecipients': recipients },
      'nothing, where backup.s3.endpoint is not https',
    ],
    ['backup.s3.prefix', { 'backup.s3': { ...s3, prefix: '../other' } }, 'parts separated by "/"'],
  ])('%s has to be right', (path, values, allowed) => {
    const [line] = problems(changed(dev, values));
    expect(line).toContain(`${path}: `);
    expect(line).toContain(allowed);
  });
});

describe('the rules between values', () => {
  test('another major version of PostgreSQL is no other tag of the image: its volume could not be read', () => {
    expect(problems(changed(dev, { 'images.upstream': { postgres: { tag: '18.6' } } }))).toEqual([
      expect.stringMatching(
        /^images\.upstream\.postgres\.tag: got "18\.6", allowed: a tag of PostgreSQL 17, .*postgres\.major \(docs\/upgrade\.md\)$/,
      ),
    ]);
    expect(problems(changed(dev, { 'images.upstream': { postgres: { tag: '17.12' } } }))).toEqual([]);
    expect(problems(changed(dev, { 'postgres.major': 18, 'postgres.keptMajor': 17 }))).toEqual([]);
  });

  test('the volume that is kept beside is that of another major version', () => {
    expect(problems(changed(dev, { 'postgres.keptMajor': 17 }))).toEqual([
      expect.stringMatching(/^postgres\.keptMajor: got 17, allowed: nothing, or the major version that/),
    ]);
  });

  test.each(['postgres', 'cache', 'queue'])('the operator of the %s is not built yet, and it says so', (component) => {
    expect(problems(changed(dev, { [`${component}.topology`]: 'operator' }))).toEqual([
      `${component}.topology: got "operator", allowed: "bundled" or "existing" ("operator" is not built yet)`,
    ]);
  });

  test.each(['api', 'worker', 'gateway'])('production runs at least two of the %s', (component) => {
    const why = '2 replicas or more in production (one keeps serving while another restarts)';
    const path = `${component}.scale`;
    const range = { minReplicas: 1, maxReplicas: 3, cpuPercent: 70 };
    expect(problems(changed(production, { [path]: { replicas: 1 } }))).toEqual([
      `${path}: got {"replicas":1}, allowed: ${why}`,
    ]);
    expect(problems(changed(production, { [path]: range }))).toEqual([
      `${path}: got ${JSON.stringify(range)}, allowed: ${why}`,
    ]);
    expect(problems(changed(production, { [path]: { replicas: 2 } }))).toEqual([]);
  });

  test.each(['application', 'operations'])('production names the image of the %s by digest', (image) => {
    expect(problems(changed(production, { [`images.${image}.digest`]: undefined }))).toEqual([
      `images.${image}.digest: got nothing, allowed: a sha256 digest in production`,
    ]);
  });

  test('production protects what cannot be made again', () => {
    expect(problems(changed(production, { deletionProtection: false }))).toEqual([
      'deletionProtection: got false, allowed: true in production',
    ]);
  });

  test('other environments may do without a digest, replicas and protection', () => {
    expect(problems(changed(dev, { deletionProtection: false }))).toEqual([]);
  });

  test.each(['api', 'worker', 'gateway'])('Docker runs one container of the %s', (component) => {
    expect(problems(changed(local, { [`${component}.scale`]: { replicas: 2 } }))).toContain(
      `${component}.scale: got {"replicas":2}, allowed: { replicas: 1 } (one container each on Docker)`,
    );
  });

  test('Docker keeps its state in a file and says where the gateway is', () => {
    expect(problems(changed(local, { 'gateway.localPort': undefined }))).toEqual([
      'gateway.localPort: got nothing, allowed: a port on 127.0.0.1, e.g. 8080',
    ]);
    expect(problems(changed(local, { state: { type: 'kubernetes', namespace: 'a' } }))).toEqual([
      'state.type: got "kubernetes", allowed: "local" on Docker',
    ]);
  });

  test('a cluster has a shared state with a lock', () => {
    expect(problems(changed(dev, { state: { type: 'local' } }))).toEqual([
      'state.type: got "local", allowed: any other: a shared state with a lock',
    ]);
    const s3 = { type: 's3', bucket: 'states', region: 'cn-north-1', endpoint: 'https://minio.example:9000' };
    expect(problems(changed(dev, { state: s3 }))).toEqual([]);
  });

  test.each(['application', 'operations'])('a cluster pulls the image of the %s', (image) => {
    expect(problems(changed(dev, { [`images.${image}.build`]: true }))).toEqual([
      `images.${image}.build: got true, allowed: false: a cluster pulls its image`,
    ]);
  });

  test('a range begins below its end', () => {
    expect(
      problems(changed(production, { 'gateway.scale': { minReplicas: 4, maxReplicas: 3, cpuPercent: 70 } })),
    ).toEqual(['gateway.scale.minReplicas: got 4, allowed: at most maxReplicas, 3']);
  });

  test('several broken rules are listed together', () => {
    expect(
      problems(changed(production, { 'images.application.digest': undefined, deletionProtection: false })),
    ).toHaveLength(2);
  });

  test('all pools in the middle of a rollout stay below the connections at which the alert fires', () => {
    const line = (connections: number) =>
      `*.databasePool: got ${connections}, allowed: fewer than 80 connections over all replicas in the middle of a rollout, where DatabaseConnectionHigh fires`;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(20),
        (replicas, size, overflow) => {
          const input = changed(dev, {
            'api.scale': { minReplicas: 1, maxReplicas: replicas, cpuPercent: 70 },
            'api.databasePool': { size, maxOverflow: overflow },
            'postgres.maxConnections': 1000,
          });
          // One pod more of the API, twice the worker's 6 + 4 and the scheduler's 1 + 1, one connection for the health of each, upkeep,
          // six of what makes copies, and two of the exporter.
          const connections = (replicas + 1) * (size + overflow + 1) + 2 * 11 + 2 * 3 + 1 + 6 + 2;
          expect(problems(input)).toEqual(connections < databaseConnectionAlert ? [] : [line(connections)]);
        },
      ),
    );
  });

  test('all that ends beside all that has started fits into the server, with what is kept for superusers', () => {
    // Twice the API's 20 + 1, the worker's 10 + 1 and the scheduler's 2 + 1, upkeep, copies, the exporter, three kept.
    const needed = 2 * 21 + 2 * 11 + 2 * 3 + 1 + 6 + 2 + 3;
    const line = `postgres.maxConnections: got ${needed - 1}, allowed: ${needed} or more: all replicas that end beside all that have started, and 3 for superusers`;
    expect(problems(changed(dev, { 'postgres.maxConnections': needed - 1 }))).toEqual([line]);
    expect(problems(changed(dev, { 'postgres.maxConnections': needed }))).toEqual([]);
  });

  test('an autoscaler waits for no more than one process can use', () => {
    const scale = { minReplicas: 2, maxReplicas: 3, cpuPercent: 50 };
    const values = { 'api.databasePool': { size: 1, maxOverflow: 0 }, 'api.scale': scale };
    expect(problems(changed(production, { ...values, 'api.cpuMillicores': 2000 }))).toEqual([
      expect.stringMatching(
        /^api\.scale\.cpuPercent: got 50, allowed: less than 1000 millicores of cpuMillicores, 2000/,
      ),
    ]);
    expect(problems(changed(production, { ...values, 'api.cpuMillicores': 1900 }))).toEqual([]);
  });

  test('shared buffers leave the server the larger part of its memory', () => {
    const shared = { 'postgres.sharedBuffersMiB': 256 };
    expect(problems(changed(dev, { ...shared, 'postgres.memoryMiB': 639 }))).toEqual([
      'postgres.sharedBuffersMiB: got 256, allowed: at most 255, 40 % of memoryMiB',
    ]);
    expect(problems(changed(dev, { ...shared, 'postgres.memoryMiB': 640 }))).toEqual([]);
  });

  test('an engine pulls as who is logged in, and a cluster with the secret it is told of', () => {
    expect(problems(changed(local, { 'images.pullSecret': 'registry' }))).toEqual([
      'images.pullSecret: got "registry", allowed: nothing on Docker: the engine pulls as who is logged in, or as registryLogin says',
    ]);
    expect(problems(changed(dev, { 'images.pullSecret': 'registry' }))).toEqual([]);
  });

  test('kubelets are of clusters, and in production nobody else gets the token that is shown to them', () => {
    expect(problems(changed(local, { 'observability.kubelets': { signedBy: 'cluster' } }))).toEqual([
      'observability.kubelets: got {"signedBy":"cluster"}, allowed: nothing on Docker: an engine has none',
    ]);
    expect(problems(changed(production, { 'observability.kubelets': { signedBy: 'themselves' } }))).toEqual([
      'observability.kubelets.signedBy: got "themselves", allowed: "cluster" or "others" in production, or no kubelets: whoever takes the address of a node would get the token of Prometheus',
    ]);
    for (const kubelets of [undefined, { signedBy: 'others', caFile: '__tests__/config/ca.pem' }]) {
      expect(problems(changed(production, { 'observability.kubelets': kubelets }))).toEqual([]);
    }
  });

  test('people reach web interfaces under a name that the gateway answers to', () => {
    const allowed = 'scheme, host and port alone, and one of hosts (localhost): the gateway answers to no other';
    for (const origin of ['http://elsewhere.example', 'http://localhost:8080/', 'http://localhost:8080/prometheus']) {
      expect(problems(changed(dev, { 'observability.webInterfaces': { origin } }))).toEqual([
        `observability.webInterfaces.origin: got "${origin}", allowed: ${allowed}`,
      ]);
    }
    expect(problems(changed(dev, { 'observability.webInterfaces': { origin: 'https://localhost' } }))).toEqual([]);
  });

  test('what protects its data does not end by itself', () => {
    expect(problems(changed(dev, { lifetimeHours: 48 }))).toEqual([
      'lifetimeHours: got 48, allowed: nothing on Docker or where deletionProtection is true',
    ]);
    expect(problems(changed(dev, { lifetimeHours: 48, deletionProtection: false }))).toEqual([]);
  });
});

test('a scale knows its least and most replicas in both of its forms', () => {
  const range = { minReplicas: 2, maxReplicas: 5, cpuPercent: 70 };
  expect([minReplicas(range), maxReplicas(range)]).toEqual([2, 5]);
  expect([minReplicas({ replicas: 3 }), maxReplicas({ replicas: 3 })]).toEqual([3, 3]);
});
