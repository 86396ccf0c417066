import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts } from './free-ports';
import startPostgres, { stopPostgres } from './start-postgres';

let redis: ChildProcess;

/** Starts a redis-server that keeps nothing on disk, beside PostgreSQL. */
export default async function startRedis(): Promise<void> {
  const [port] = await freePorts(1);
  process.env.TEST_REDIS_PASSWORD = 'a test password';
  redis = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--requirepass', process.env.TEST_REDIS_PASSWORD],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve, reject) => {
    redis.on('error', () => {
      reject(
        new Error(
          'these tests need redis-server on the PATH; install it, on Debian with `apt-get install redis-server`',
        ),
      );
    });
    redis.on('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    redis.stdout?.on('data', (text) => String(text).includes('Ready to accept connections') && resolve());
  });
  process.env.TEST_REDIS_SERVER = `redis://127.0.0.1:${port}`;
  await startPostgres();
}

export async function stopRedis(): Promise<void> {
  redis.removeAllListeners('exit');
  redis.kill();
  await once(redis, 'exit');
  await stopPostgres();
}
