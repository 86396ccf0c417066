import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { openAnswerCache } from '../../src/cache/answer-cache';
import { examine, type Finding } from '../../src/commands/doctor';
import { openQueue, openWorker } from '../../src/jobs/queue';
import { readEnvironment } from '../../src/runtime/env';
import { CertificateAuthority } from '../support/certificates';
import { type RedisServer, startRedisServer } from '../support/redis-server';

const silent = pino({ level: 'silent' });

describe('Redis with TLS', () => {
  const ours = new CertificateAuthority('ours');
  const another = new CertificateAuthority('another');
  let folder: string;
  let caFile: string;
  let server: RedisServer;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-tls-'));
    caFile = path.join(folder, 'ca.pem');
    writeFileSync(caFile, ours.certificate);
    const { certificate, key } = ours.issue(['127.0.0.1']);
    writeFileSync(path.join(folder, 'server.pem'), certificate);
    writeFileSync(path.join(folder, 'server.key'), key, { mode: 0o600 });
    server = await startRedisServer({
      tls: { certificate: path.join(folder, 'server.pem'), key: path.join(folder, 'server.key') },
    });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const variablesOf = (url: string, ca: string | undefined = caFile): Record<string, string> => ({
    DATABASE_URL: 'postgresql://stock@127.0.0.1:1/stockdb',
    DATABASE_PASSWORD: 'unused',
    SOURCE_PRIORITY: 'sample',
    REDIS_URL: `${url}/0`,
    REDIS_PASSWORD: server.password,
    QUEUE_URL: `${url}/1`,
    QUEUE_PASSWORD: server.password,
    ...(ca && { REDIS_CA_FILE: ca, QUEUE_CA_FILE: ca }),
  });
  const pems = { ours: ours.certificate, another: another.certificate };
  const serve = async ({ certificate, key }: { certificate: string; key: string }) => {
    writeFileSync(path.join(folder, 'server.pem'), certificate);
    writeFileSync(path.join(folder, 'server.key'), key);
    const admin = new Redis(server.port, '127.0.0.1', {
      password: server.password,
      tls: { rejectUnauthorized: false },
    });
    // Given again, the files are read again.
    await admin.call(
      'CONFIG',
      'SET',
      'tls-key-file',
      path.join(folder, 'server.key'),
      'tls-cert-file',
      path.join(folder, 'server.pem'),
    );
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    admin.disconnect();
  };
  const untilAnswered = async (ask: () => Promise<unknown>) => {
    while (
      !(await ask().then(
        () => true,
        () => false,
      ))
    ) {
      await sleep(20);
    }
  };
  /** What doctor finds of the queue and the cache. */
  async function find(variables: Record<string, string>): Promise<[queue?: Finding, cache?: Finding]> {
    Object.assign(process.env, variables);
    try {
      const findings = await examine();
      return [findings.find(({ check }) => check === 'queue'), findings.find(({ check }) => check === 'cache')];
    } finally {
      for (const key of Object.keys(variables)) delete process.env[key];
    }
  }

  test('is a cache and a queue, and after its CA has changed too, once the file has the new one', async () => {
    const environment = readEnvironment('doctor', variablesOf(server.url));
    const cache = openAnswerCache(environment, silent);
    const queue = openQueue(environment, silent);
    const jobs: string[] = [];
    const worker = openWorker(environment, { concurrency: 1 }, async ({ name }) => void jobs.push(name), silent);
    const untilDone = async (name: string) => {
      while (!jobs.includes(name)) await sleep(20);
    };
    try {
      worker.run().catch(() => undefined);
      await untilAnswered(async () => cache?.ping());
      await queue.add('before', {});
      await untilDone('before');
      await serve(another.issue(['127.0.0.1']));
      await sleep(300);
      await expect(cache?.ping()).rejects.toThrow();
      writeFileSync(caFile, pems.another);
      await untilAnswered(async () => cache?.ping());
      await untilAnswered(() => queue.add('after', {}));
      await untilDone('after');
    } finally {
      await worker.close();
      await queue.close();
      cache?.close();
      writeFileSync(caFile, pems.ours);
      await serve(ours.issue(['127.0.0.1']));
    }
  });

  test('is what doctor finds to work', async () => {
    const [queue, cache] = await find(variablesOf(server.url));
    expect(queue).toMatchObject({ state: 'ok' });
    expect(cache).toMatchObject({ state: 'ok' });
  });

  test.each([
    ['by another CA', 'another', 'QUEUE_CA_FILE', 'REDIS_CA_FILE'],
    ['by the CAs of Node.js alone', undefined, 'QUEUE_CA_FILE', 'REDIS_CA_FILE'],
  ] as const)('is refused %s, which doctor says', async (_, ca, ofQueue, ofCache) => {
    const file = path.join(folder, 'another.pem');
    if (ca) writeFileSync(file, pems[ca]);
    const [queue, cache] = await find(variablesOf(server.url, ca ? file : ''));
    expect(queue).toMatchObject({ state: 'wrong', advice: expect.stringContaining(ofQueue) });
    expect(cache).toMatchObject({ state: 'wrong', advice: expect.stringContaining(ofCache) });
  });

  test('is refused by another name, which doctor says', async () => {
    const [queue, cache] = await find(variablesOf(server.url.replace('127.0.0.1', 'localhost')));
    expect(queue).toMatchObject({ state: 'wrong', advice: expect.stringContaining('a host in QUEUE_URL') });
    expect(cache).toMatchObject({ state: 'wrong', advice: expect.stringContaining('a host in REDIS_URL') });
  });

  test('is not what a server without TLS is, which doctor says', async () => {
    const plain = String(process.env.TEST_REDIS_SERVER).replace('redis:', 'rediss:');
    const [queue, cache] = await find(variablesOf(plain));
    expect(queue).toMatchObject({
      state: 'wrong',
      advice: expect.stringContaining('speaks TLS there, or correct QUEUE_URL'),
    });
    expect(cache).toMatchObject({ state: 'wrong', advice: expect.stringContaining('speaks TLS') });
  });
});
