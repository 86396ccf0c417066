import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  currentPassword,
  EnvironmentError,
  environmentKeys,
  environmentReference,
  type Role,
  readEnvironment,
} from '../../src/runtime/env';
import { parseSourcePriority } from '../../src/sources/priority';
import { CertificateAuthority } from '../support/certificates';

const complete = {
  DATABASE_URL: 'postgresql://stock@db:5432/stockdb',
  DATABASE_PASSWORD: 'database secret',
  QUEUE_URL: 'redis://queue:6379/0',
  SECRET_KEY: 'k'.repeat(32),
};

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('the environment', () => {
  test('gives defaults for what is not set', () => {
    expect(readEnvironment('api', complete)).toEqual({
      ...complete,
      DATABASE_POOLED: false,
      DATABASE_POOL_SIZE: 5,
      DATABASE_MAX_OVERFLOW: 5,
      LOG_LEVEL: 'INFO',
      HTTP_HOST: '::',
      HTTP_PORT: 8000,
      METRICS_PORT: 8001,
      PROMETHEUS_ENABLED: true,
      DEBUG: false,
      CACHE_TTL_REALTIME_DATA: 60,
      CACHE_TTL_DAILY_DATA: 3600,
      CACHE_TTL_HISTORICAL_DATA: 86400,
      API_REQUESTS_PER_MINUTE: 60000,
      API_UNFINISHED_JOBS_PER_KEY: 5000,
      API_UNFINISHED_JOBS: 50000,
      SOURCE_PRIORITY: parseSourcePriority('tushare,akshare,wind'),
    });
  });

  test('turns text into numbers and booleans', () => {
    const environment = readEnvironment('worker', {
      ...complete,
      CELERY_WORKER_CONCURRENCY: '8',
      CELERY_TASK_SOFT_TIME_LIMIT: '60',
      PROMETHEUS_ENABLED: 'false',
    });
    expect(environment.CELERY_WORKER_CONCURRENCY).toBe(8);
    expect(environment.CELERY_TASK_SOFT_TIME_LIMIT).toBe(60);
    expect(environment.PROMETHEUS_ENABLED).toBe(false);
  });

  test('lists everything that is missing in one error', () => {
    const message = messageOf(() => readEnvironment('api', {}));
    for (const key of environmentKeys.api.required) expect(message).toContain(`${key}: is not set; allowed: `);
  });

  test('counts an empty variable as missing', () => {
    expect(messageOf(() => readEnvironment('maintain', { ...complete, DATABASE_PASSWORD: '' }))).toContain(
      'DATABASE_PASSWORD: is not set',
    );
  });

  test.each([
    ['HTTP_PORT', '80000', 'a port from 1 to 65535'],
    ['HTTP_PORT', 'http', 'a port from 1 to 65535'],
    ['DEBUG', 'perhaps', 'true or false'],
    ['CORS_ALLOWED_ORIGINS', 'https://a.example.com/path', 'https://HOST or http://HOST:PORT'],
    ['CORS_ALLOWED_ORIGINS', '*', 'https://HOST or http://HOST:PORT'],
    ['TRUSTED_PROXIES', '10.0.0.1', 'addresses as CIDR, such as 10.0.0.0/8 or fd00::/8'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, fd00::/129', 'addresses as CIDR'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8', 'addresses as CIDR'],
    ['TRUSTED_PROXIES', 'loopback', 'addresses as CIDR'],
    ['DEBUG', 'constructor', 'true or false'],
    ['LOG_LEVEL', 'LOUD', 'DEBUG, INFO, WARNING or ERROR'],
    ['DATABASE_POOL_SIZE', '0', 'a whole number from 1'],
    ['DATABASE_POOL_SIZE', '2.5', 'a whole number from 1'],
    ['QUEUE_URL', 'amqp://queue', 'redis://HOST:PORT/DB, rediss:// with TLS, or postgresql://'],
    ['REDIS_URL', 'redis://cache:port/0', 'redis://HOST:PORT/DB'],
    ['DATABASE_URL', 'postgresql://stock@db:99999/stockdb', 'postgresql://USER@HOST:PORT/DATABASE'],
    ['DATABASE_URL', 'postgresql://stock@one,another/stockdb', 'postgresql://USER@HOST:PORT/DATABASE'],
    ['DATABASE_URL', 'postgresql://stock@db/stockdb?sslmode=prefer', '?sslmode=disable'],
    ['DATABASE_URL', 'postgresql://stock@db/stockdb?sslmode=allow', 'require, verify-ca or verify-full'],
    ['DATABASE_URL', 'postgresql://stock@db/stockdb?sslmode=', 'require, verify-ca or verify-full'],
    ['DATABASE_URL', 'postgresql://stock@db/stockdb?sslmode=verify-full&sslmode=disable', 'and nothing else'],
    ['DATABASE_URL', 'postgresql://stock@db/stockdb?sslmode=verify-full&sslrootcert=ca.pem', 'a CA in DATABASE_CA'],
    ['DATABASE_URL', 'postgresql://stock@db/stockdb?connect_timeout=5', 'and nothing else'],
    ['DATABASE_URL', 'postgresql://stock@db/stockdb#fragment', 'and nothing else'],
    ['QUEUE_URL', 'postgresql://stock@db/stockdb?sslmode=prefer', 'a CA in QUEUE_CA'],
    ['QUEUE_URL', 'rediss://queue/0?tls=false', 'rediss:// with TLS'],
    ['DATABASE_URL', 'mysql://stock@db/stockdb', 'postgresql://USER@HOST:PORT/DATABASE'],
  ])('refuses %s=%s and says what is allowed', (key, value, allowed) => {
    const message = messageOf(() => readEnvironment('api', { ...complete, [key]: value }));
    expect(message).toContain(`${key}: got '${value}'; allowed: `);
    expect(message).toContain(allowed);
  });

  test('refuses a hard time limit that is not above the soft one', () => {
    const limits = { CELERY_TASK_SOFT_TIME_LIMIT: '360', CELERY_TASK_TIME_LIMIT: '360' };
    expect(messageOf(() => readEnvironment('worker', { ...complete, ...limits }))).toContain(
      "CELERY_TASK_TIME_LIMIT: got '360'; allowed: above CELERY_TASK_SOFT_TIME_LIMIT, which is 360",
    );
  });

  describe('with the certificates of CAs', () => {
    const { certificate } = new CertificateAuthority('a CA');

    test.each([
      ['DATABASE_CA', { DATABASE_URL: 'postgresql://stock@db/stockdb' }],
      ['DATABASE_CA', { DATABASE_URL: 'postgresql://stock@db/stockdb?sslmode=require' }],
      ['QUEUE_CA', { QUEUE_URL: 'redis://queue/0' }],
      ['REDIS_CA', { REDIS_URL: 'redis://cache/0' }],
      ['REDIS_CA', {}],
    ])('refuses %s where no certificate is checked: %j', (key, urls) => {
      const message = messageOf(() => readEnvironment('api', { ...complete, ...urls, [key]: certificate }));
      expect(message).toContain(`${key}: no certificate is checked at`);
      expect(message).toContain('sslmode=verify-full');
    });

    test.each([
      { DATABASE_URL: 'postgresql://stock@db/stockdb?sslmode=verify-full', DATABASE_CA: certificate },
      { DATABASE_URL: 'postgresql://stock@db/stockdb?sslmode=verify-ca', DATABASE_CA: certificate + certificate },
      { DATABASE_URL: 'postgresql://stock@db/stockdb?sslmode=verify-full' },
      { QUEUE_URL: 'rediss://queue/0', QUEUE_CA: certificate },
      { QUEUE_URL: 'postgresql://stock@db/stockdb?sslmode=verify-full', QUEUE_CA: certificate },
      { REDIS_URL: 'rediss://cache/0', REDIS_CA: certificate },
    ])('takes %j', (variables) => {
      expect(readEnvironment('api', { ...complete, ...variables })).toMatchObject(variables);
    });

    test('refuses to trust every server of a public CA', () => {
      const url = 'postgresql://stock@db/stockdb?sslmode=verify-ca';
      expect(messageOf(() => readEnvironment('api', { ...complete, DATABASE_URL: url }))).toContain(
        'DATABASE_URL: got sslmode=verify-ca without DATABASE_CA',
      );
    });

    test.each(['ca.pem', certificate.replaceAll('M', 'N'), '-----BEGIN PRIVATE KEY-----'])(
      'refuses what is none, and does not print it',
      (text) => {
        const url = 'postgresql://stock@db/stockdb?sslmode=verify-full';
        const message = messageOf(() => readEnvironment('api', { ...complete, DATABASE_URL: url, DATABASE_CA: text }));
        expect(message).toContain("DATABASE_CA: got '***'; allowed: certificates in PEM");
        expect(message).not.toContain(text);
      },
    );
  });

  test('never prints a secret', () => {
    const message = messageOf(() =>
      readEnvironment('api', {
        ...complete,
        SECRET_KEY: 'too short',
        DATABASE_URL: 'postgresql://stock:hunter2@db:5432/stockdb',
      }),
    );
    expect(message).toContain("SECRET_KEY: got '***'");
    expect(message).toContain("DATABASE_URL: got 'postgresql://stock:***@db:5432/stockdb'");
    expect(message).not.toMatch(/too short|hunter2/);
  });

  describe('given through a file', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-env-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test('is the content without the last line break', () => {
      const file = path.join(folder, 'password');
      writeFileSync(file, ' with spaces \n');
      const { DATABASE_PASSWORD, ...rest } = complete;
      const environment = readEnvironment('maintain', { ...rest, DATABASE_PASSWORD_FILE: file });
      expect(currentPassword(environment.DATABASE_PASSWORD)).toBe(' with spaces ');
    });

    test('is read again at each use where it is a password, and stays as it was while the file is away or empty', () => {
      const file = path.join(folder, 'rotated');
      writeFileSync(file, 'first\n');
      const { DATABASE_PASSWORD, ...rest } = complete;
      const environment = readEnvironment('maintain', { ...rest, DATABASE_PASSWORD_FILE: file });
      const read = () => currentPassword(environment.DATABASE_PASSWORD);
      expect(read()).toBe('first');
      writeFileSync(file, 'second\n');
      expect(read()).toBe('second');
      writeFileSync(file, '');
      expect(read()).toBe('second');
      rmSync(file);
      expect(read()).toBe('second');
    });

    test('is refused when the file cannot be read', () => {
      const { DATABASE_PASSWORD, ...rest } = complete;
      const file = path.join(folder, 'missing');
      expect(messageOf(() => readEnvironment('maintain', { ...rest, DATABASE_PASSWORD_FILE: file }))).toContain(
        `DATABASE_PASSWORD: cannot read DATABASE_PASSWORD_FILE '${file}' (ENOENT)`,
      );
    });

    test('is refused when the variable itself is set too', () => {
      expect(messageOf(() => readEnvironment('maintain', { ...complete, DATABASE_PASSWORD_FILE: 'x' }))).toContain(
        'DATABASE_PASSWORD: set both directly and through DATABASE_PASSWORD_FILE',
      );
    });
  });

  test('asks each role only for what it uses', () => {
    expect(environmentKeys.api.required).toEqual(['DATABASE_URL', 'DATABASE_PASSWORD', 'QUEUE_URL', 'SECRET_KEY']);
    expect(environmentKeys.worker.required).toEqual(['DATABASE_URL', 'DATABASE_PASSWORD', 'QUEUE_URL']);
    expect(environmentKeys.scheduler.required).toEqual(['DATABASE_URL', 'DATABASE_PASSWORD', 'QUEUE_URL']);
    expect(environmentKeys.migrate.required).toEqual(['DATABASE_URL', 'DATABASE_PASSWORD', 'QUEUE_URL']);
    expect(environmentKeys.healthcheck).toEqual({ required: [], optional: ['METRICS_PORT'] });
  });

  test('is described in the README as it is', () => {
    const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \|.*$/gm)];
    expect(rows.map(([row]) => row)).toEqual(
      environmentReference.map(({ key, description, allowed, default: value, roles }) => {
        const longRunning = roles.filter((role: Role) =>
          ['api', 'worker', 'scheduler', 'migrate', 'maintain'].includes(role),
        );
        return `| \`${key}\` | ${description} | ${allowed} | ${value ?? ''} | ${longRunning.join(', ')} |`;
      }),
    );
  });
});
