import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EnvironmentError } from '../../app/src/runtime/read-variables';
import { operationsKeys, programEnvironment, readOperationsEnvironment } from '../../ops/src/environment';

const given = {
  STOCK_ENVIRONMENT: 'production',
  BACKUP_STORE: '/backups',
  BACKUP_WORK: '/work-folder',
  DATABASE_URL: 'postgresql://stock_backup@postgres:5432/stockdb',
  DATABASE_PASSWORD: 'of the role',
};
const [first, second] = [`age1${'q'.repeat(58)}`, `age1${'p'.repeat(58)}`] as const;

/** What is said of an environment that is not usable. */
function problemsOf(changes: Record<string, string>): string {
  try {
    readOperationsEnvironment('serve', { ...given, ...changes });
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message;
    throw error;
  }
  throw new Error(`taken: ${JSON.stringify(changes)}`);
}

describe('the environment of stockops', () => {
  test("has the manual's retention unless others are said", () => {
    const { BACKUP_KEEP_LAST, BACKUP_KEEP_DAILY, BACKUP_KEEP_WEEKLY, BACKUP_KEEP_MONTHLY } = readOperationsEnvironment(
      'prune',
      { ...given, BACKUP_KEEP_DAILY: '7' },
    );
    expect([BACKUP_KEEP_LAST, BACKUP_KEEP_DAILY, BACKUP_KEEP_WEEKLY, BACKUP_KEEP_MONTHLY]).toEqual([3, 7, 8, 12]);
  });

  test('names everything that is missing at once', () => {
    const message = (() => {
      try {
        readOperationsEnvironment('create', {});
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    })();
    for (const key of operationsKeys.create.required) expect(message).toContain(`${key}: is not set; allowed: `);
    expect(operationsKeys.create.required.length).toBeGreaterThan(3);
  });

  test.each([
    ['STOCK_ENVIRONMENT', 'Production'],
    ['BACKUP_METHOD', 'rsync'],
    ['BACKUP_STORE', 'backups'],
    ['BACKUP_STORE', 's3://Bucket/prefix'],
    ['BACKUP_STORE', 's3://bucket/a b'],
    ['BACKUP_STORE', 'https://bucket.example'],
    ['BACKUP_S3_ENDPOINT', 'store.example:9000'],
    ['BACKUP_S3_ENDPOINT', 'https://store.example/bucket'],
    ['BACKUP_WORK', 'work'],
    ['BACKUP_JOBS', '0'],
    ['BACKUP_JOBS', '17'],
    ['BACKUP_KEEP_LAST', '2'],
    ['BACKUP_KEEP_DAILY', '-1'],
    ['BACKUP_SCHEDULE', '02:30'],
    ['BACKUP_AGE_RECIPIENTS', first],
    ['BACKUP_AGE_RECIPIENTS', `${first},${first}`],
    ['BACKUP_AGE_RECIPIENTS', `${first},age1short`],
  ])('refuses %s=%s with what is allowed', (key, value) => {
    expect(problemsOf({ [key]: value })).toContain(`${key}: got '${value}'; allowed: `);
  });

  test('takes the form of every store', () => {
    for (const BACKUP_STORE of ['/backups', '/备份/of "us"', 's3://bucket', 's3://bucket/', 's3://bucket/a/b-c_d']) {
      expect(readOperationsEnvironment('store', { ...given, BACKUP_STORE }).BACKUP_STORE).toBe(BACKUP_STORE);
    }
  });

  test('takes two recipients or more', () => {
    const { BACKUP_AGE_RECIPIENTS } = readOperationsEnvironment('create', {
      ...given,
      BACKUP_AGE_RECIPIENTS: `${first}, ${second}`,
    });
    expect(BACKUP_AGE_RECIPIENTS).toEqual([first, second]);
  });

  test('never shows what is secret', () => {
    expect(problemsOf({ BACKUP_AGE_IDENTITY: 'a secret' })).toMatch(/BACKUP_AGE_IDENTITY: got '\*\*\*'/);
    expect(problemsOf({ BACKUP_AGE_IDENTITY: 'a secret' })).not.toContain('a secret');
  });

  test('takes a kubeconfig by a path that means the same in every folder', () => {
    expect(() => readOperationsEnvironment('deploy', { KUBE_CONFIG_PATH: 'kind.kubeconfig' })).toThrow(
      "KUBE_CONFIG_PATH: got 'kind.kubeconfig'; allowed: an absolute path",
    );
    expect(readOperationsEnvironment('deploy', { KUBE_CONFIG_PATH: '/kind' }).KUBE_CONFIG_PATH).toBe('/kind');
  });

  test('refuses one key of a bucket without the other', () => {
    expect(problemsOf({ BACKUP_S3_ACCESS_KEY: 'one' })).toContain('allowed: both, or neither');
    expect(problemsOf({ BACKUP_S3_SECRET_KEY: 'one' })).toContain('allowed: both, or neither');
  });

  test('takes a value of a file', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'stockops-environment-'));
    try {
      const file = path.join(folder, 'environment');
      writeFileSync(file, 'staging\n');
      const { STOCK_ENVIRONMENT, ...others } = given;
      const { STOCK_ENVIRONMENT: read } = readOperationsEnvironment('store', {
        ...others,
        STOCK_ENVIRONMENT_FILE: file,
      });
      expect(read).toBe('staging');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('a program gets nothing of what somebody has for a psql, or for a Terraform, of their own', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stockops-environment-'));
  const file = path.join(folder, 'kubeconfig-path');
  writeFileSync(file, '/kubeconfig\n');
  const ours: NodeJS.ProcessEnv = {
    ...{ ...process.env, PGPASSWORD: 'of another server', PGSERVICE: 'another' },
    ...{ KUBE_CONFIG_PATH_FILE: file, KUBE_CONFIG_PATHS: '/other', KUBE_CTX: 'other', KUBE_HOST: 'https://other' },
  };
  const replaced = jest.replaceProperty(process, 'env', ours);
  try {
    const { PATH, ...rest } = programEnvironment({ PGHOST: 'postgres' });
    expect(PATH).toBe(ours.PATH);
    expect(Object.keys(rest).filter((name) => /^(PG|KUBE_)/.test(name))).toEqual(['KUBE_CONFIG_PATH', 'PGHOST']);
    expect(rest.KUBE_CONFIG_PATH).toBe('/kubeconfig');
  } finally {
    replaced.restore();
    rmSync(folder, { recursive: true });
  }
});
