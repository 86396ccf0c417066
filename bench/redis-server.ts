import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { BenchError, Child, type Cleanup, run } from './child';
import { freePort } from './ports';

/** First line of `redis-server --version`. */
export async function redisVersion(): Promise<string> {
  const output = await run('redis-server', 'redis-server', ['--version']).catch(() => '');
  const version = /v=(\S+)/.exec(output)?.[1];
  if (!version) {
    throw new BenchError(
      'redis-server is not on PATH; on Debian: apt-get install redis-server (macOS: brew install redis)',
    );
  }
  return `Redis ${version}`;
}

/** A Redis server of the benchmark's own, on 127.0.0.1. */
export interface RedisServer {
  processId: number;
  client: Redis;
  url(database: number): string;
}

/** @param settings configuration beyond port and folder, such as ['--appendonly', 'yes'] */
export async function startRedis(
  name: string,
  folder: string,
  settings: readonly string[],
  cleanup: Cleanup,
): Promise<RedisServer> {
  const port = await freePort();
  const data = path.join(folder, name);
  await mkdir(data, { recursive: true });
  const child = new Child(
    name,
    'redis-server',
    [...['--bind', '127.0.0.1', '--port', String(port), '--dir', data, '--save', ''], ...settings],
    { logFile: path.join(folder, `${name}.log`) },
  );
  cleanup.add(() => child.stop());
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 0, retryStrategy: () => 20, lazyConnect: false });
  // Refused until the server listens; until() below is what waits for it.
  client.on('error', () => undefined);
  cleanup.add(async () => client.disconnect());
  await child.until(async () => (await client.ping()) === 'PONG', 10);
  return { processId: child.processId, client, url: (database) => `redis://127.0.0.1:${port}/${database}` };
}
