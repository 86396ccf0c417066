import { execFile } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type pg from 'pg';
import { pino } from 'pino';
import { databaseProblem } from '../../src/api/database-problem';
import { examine, type Finding } from '../../src/commands/doctor';
import { migrate } from '../../src/database/migrations';
import { createPool, createSingleConnectionPool } from '../../src/database/pool';
import { appRole, ownerRole } from '../../src/database/roles';
import { sql } from '../../src/database/sql';
import { untilUsable } from '../../src/database/wait';
import { openQueue, openWorker } from '../../src/jobs/queue';
import { readEnvironment } from '../../src/runtime/env';
import { tlsAdvice } from '../../src/runtime/tls';
import { CertificateAuthority, type IssuedCertificate } from '../support/certificates';
import { compiledProgram } from '../support/compiled';
import { createTestDatabase, type TestDatabase } from '../support/database';

const silent = pino({ level: 'silent' });
const isEncrypted = sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;

describe('PostgreSQL with TLS', () => {
  const ours = new CertificateAuthority('ours');
  const another = new CertificateAuthority('another');
  const certificates = path.join(process.env.TEST_DATABASE_FOLDER as string, 'certificates');
  let database: TestDatabase;
  let folder: string;
  let caFile: string;

  /** Sets what the server has, and returns once new connections have it: other test files use it without TLS meanwhile. */
  const configure = async (settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings)) {
      await database.asSuperuser(`ALTER SYSTEM SET ${name} = '${value}'`);
    }
    await database.asSuperuser('SELECT pg_reload_conf()');
    const isReached = async () => {
      const { rows } = await database.asSuperuser(
        'SELECT bool_and(current_setting(name) = value) AS "isReached" FROM jsonb_each_text($1) AS wanted (name, value)',
        [settings],
      );
      return rows[0].isReached as boolean;
    };
    while (!(await isReached())) await sleep(20);
  };
  /** @param name another one than before */
  const serve = async (name: string, { certificate, key }: IssuedCertificate) => {
    const [certificateFile, keyFile] = [`${name}.crt`, `${name}.key`].map((file) => path.join(certificates, file)) as [
      string,
      string,
    ];
    const { uid, gid } = statSync(certificates);
    writeFileSync(certificateFile, certificate);
    writeFileSync(keyFile, key, { mode: 0o600 });
    chownSync(keyFile, uid, gid);
    await configure({ ssl_cert_file: certificateFile, ssl_key_file: keyFile, ssl: 'on' });
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-tls-'));
    caFile = path.join(folder, 'ca.pem');
    writeFileSync(caFile, ours.certificate);
    mkdirSync(certificates);
    const { uid, gid } = statSync(path.join(process.env.TEST_DATABASE_FOLDER as string, 'data'));
    chownSync(certificates, uid, gid);
  });
  afterAll(async () => {
    await configure({ ssl: 'off' });
    rmSync(certificates, { recursive: true });
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  /** The variables by which a role reaches the server by TLS, for the database and for the queue. */
  const variablesOf = (
    sslmode: string,
    ca: string | undefined = caFile,
    role: typeof appRole | typeof ownerRole = appRole,
  ) => {
    const { DATABASE_URL, QUEUE_URL, ...passwords } = database.environmentOf(role);
    return {
      ...passwords,
      DATABASE_URL: `${DATABASE_URL}?sslmode=${sslmode}`,
      QUEUE_URL: `${QUEUE_URL}?sslmode=${sslmode}`,
      ...(ca && { DATABASE_CA_FILE: ca, QUEUE_CA_FILE: ca }),
    };
  };
  async function ask(variables: Record<string, string>): Promise<boolean | undefined> {
    const pool = createSingleConnectionPool(readEnvironment('database', variables), 'test-tls');
    try {
      return (await pool.query<{ ssl: boolean }>(isEncrypted)).rows[0]?.ssl;
    } finally {
      await pool.end();
    }
  }
  const refusal = (variables: Record<string, string>): Promise<Error> =>
    ask(variables).then(
      () => {
        throw new Error('it was not refused');
      },
      (error) => error,
    );

  describe('whose certificate names its host', () => {
    beforeAll(() => serve('right', ours.issue(['localhost', '127.0.0.1'])));

    test.each([
      ['disable', false, undefined],
      ['require', true, undefined],
      ['verify-ca', true, 'ours'],
      ['verify-full', true, 'ours'],
    ])('sslmode=%s connects, encrypted: %s', async (sslmode, encrypted, ca) => {
      expect(await ask(variablesOf(sslmode, ca ? caFile : ''))).toBe(encrypted);
    });

    test('without sslmode is not asked for TLS, whatever PGSSLMODE says', async () => {
      process.env.PGSSLMODE = 'require';
      try {
        expect(await ask(database.environment)).toBe(false);
      } finally {
        delete process.env.PGSSLMODE;
      }
    });

    test('migrations, the queue and a worker on it go by TLS too', async () => {
      await migrate(readEnvironment('migrate', variablesOf('verify-full', caFile, ownerRole)), 0, () => undefined);
      const environment = readEnvironment('client', variablesOf('verify-full'));
      const queue = openQueue(environment, silent);
      let finish: (name: string) => void = () => undefined;
      const done = new Promise<string>((resolve) => {
        finish = resolve;
      });
      const worker = openWorker(environment, { concurrency: 1 }, async ({ name }) => finish(name), silent);
      try {
        worker.run().catch(() => undefined);
        await queue.add('by-tls', {});
        expect(await done).toBe('by-tls');
        const { rows } = await database.asSuperuser(
          `SELECT DISTINCT ssl, application_name AS name FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
           WHERE datname = $1 AND application_name LIKE 'stock-%' ORDER BY 2`,
          [new URL(environment.DATABASE_URL).pathname.slice(1)],
        );
        // The second listens.
        expect(rows).toEqual([
          { ssl: true, name: 'stock-analysis' },
          { ssl: true, name: 'stock-queue' },
        ]);
      } finally {
        await worker.close();
        await queue.close();
      }
    });

    test.each(['verify-ca', 'verify-full'])('is refused with %s where its CA is another', async (sslmode) => {
      const ca = path.join(folder, 'another.pem');
      writeFileSync(ca, another.certificate);
      const error = await refusal(variablesOf(sslmode, ca));
      expect(tlsAdvice(error, 'DATABASE')).toContain('the CA in DATABASE_CA_FILE did not sign');
      expect(databaseProblem(error)).toMatchObject({ status: 503, code: 'database_unavailable' });
    });

    test('is refused with verify-full by the CAs of Node.js alone', async () => {
      expect(tlsAdvice(await refusal(variablesOf('verify-full', '')), 'DATABASE')).toContain('DATABASE_CA_FILE');
    });

    test('is not taken unchecked where NODE_TLS_REJECT_UNAUTHORIZED=0', async () => {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      try {
        await refusal(variablesOf('verify-full', ''));
      } finally {
        delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      }
    });

    test('a doctor with the wrong CA says so of the database and of the queue', async () => {
      const ca = path.join(folder, 'another.pem');
      writeFileSync(ca, another.certificate);
      const variables: Record<string, string> = { ...variablesOf('verify-full', ca), SOURCE_PRIORITY: 'sample' };
      const { DATABASE_PASSWORD, QUEUE_PASSWORD } = database.environment;
      Object.assign(process.env, variables, { DATABASE_PASSWORD, QUEUE_PASSWORD });
      let findings: Finding[];
      try {
        findings = await examine();
      } finally {
        for (const key of Object.keys(variables)) delete process.env[key];
      }
      const of = (name: string) => findings.find(({ check }) => check === name);
      expect(of('database')).toMatchObject({ state: 'wrong', advice: expect.stringContaining('DATABASE_CA_FILE') });
      expect(of('queue')).toMatchObject({ state: 'wrong', advice: expect.stringContaining('QUEUE_CA_FILE') });
    });
  });

  describe('whose certificate names another host', () => {
    beforeAll(() => serve('wrong', ours.issue(['db.example.com'])));

    test('is refused with verify-full, and taken with verify-ca', async () => {
      const error = await refusal(variablesOf('verify-full'));
      expect(error.message).toContain('127.0.0.1');
      expect(tlsAdvice(error, 'DATABASE')).toContain('write a host in DATABASE_URL');
      expect(databaseProblem(error)).toMatchObject({ status: 503, code: 'database_unavailable' });
      expect(await ask(variablesOf('verify-ca'))).toBe(true);
    });

    test('makes a migration say what to do', async () => {
      await expect(migrate(readEnvironment('migrate', variablesOf('verify-full')), 0, () => undefined)).rejects.toThrow(
        /does not match certificate's altnames.*write a host in DATABASE_URL/,
      );
    });
  });

  test('whose certificate has ended is refused, and a process that waits for it says so', async () => {
    await serve('ended', ours.issue(['127.0.0.1'], -1));
    const pool = createSingleConnectionPool(readEnvironment('database', variablesOf('verify-full')), 'test-tls');
    const stopping = new AbortController();
    const reason = new Promise<string>((resolve) => {
      const logger = pino({}, { write: (line) => resolve(JSON.parse(line).reason) });
      untilUsable(pool, logger, stopping.signal).catch(() => undefined);
    });
    expect(await reason).toMatch(/certificate has expired; renew the certificate/);
    stopping.abort();
    await pool.end();
  });

  test('that changes its CA is reached again once the file has the new one, without a start', async () => {
    await serve('old', ours.issue(['127.0.0.1']));
    const environment = readEnvironment('client', variablesOf('verify-full'));
    const pool = createPool({ ...environment, DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 0 }, 'test-tls') as pg.Pool;
    pool.on('error', () => undefined);
    const queue = openQueue(environment, silent);
    const cut = () =>
      database.asSuperuser(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('test-tls', 'stock-queue')",
      );
    try {
      await pool.query(isEncrypted);
      await queue.getJobCounts('waiting');
      await serve('new', another.issue(['127.0.0.1']));
      await cut();
      await pool.query(isEncrypted).catch(() => undefined);
      await expect(pool.query(isEncrypted)).rejects.toThrow();
      writeFileSync(caFile, 'half a certifi');
      await expect(pool.query(isEncrypted)).rejects.toThrow();
      writeFileSync(caFile, `${ours.certificate}${another.certificate}`);
      expect((await pool.query(isEncrypted)).rows).toEqual([{ ssl: true }]);
      await queue.getJobCounts('waiting');
    } finally {
      await queue.close();
      await pool.end();
    }
  });

  describe('that has none after all', () => {
    beforeAll(() => configure({ ssl: 'off' }));

    test.each(['require', 'verify-ca', 'verify-full'])('is not used with %s', async (sslmode) => {
      const error = await refusal(variablesOf(sslmode, sslmode === 'require' ? '' : caFile));
      expect(tlsAdvice(error, 'DATABASE')).toContain('turn TLS on at the server');
      expect(databaseProblem(error)).toMatchObject({ status: 503, code: 'database_unavailable' });
    });

    test('makes a command say what to do', async () => {
      const env = { PATH: process.env.PATH, ...variablesOf('require', '') };
      const command = promisify(execFile)(process.execPath, [compiledProgram('stock.js'), 'jobs', 'list'], { env });
      await expect(command).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^stock: .*SSL connections; turn TLS on at the server, or correct DATABASE_URL/),
      });
    });
  });
});
