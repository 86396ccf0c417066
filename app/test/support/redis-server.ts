import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts } from './free-ports';

/** A redis-server of the tests, which keeps nothing on disk. */
export interface RedisServer {
  processId: number;
  url: string;
  password: string;
  stop(): Promise<void>;
}

/**
 * Its default user may do all.
 *
 * @param users lines of its configuration that make others, who have the same password
 * @throws Error when there is no redis-server, or it does not start
 */
export async function startRedisServer(users: (password: string) => string = () => ''): Promise<RedisServer> {
  const [port] = await freePorts(1);
  const password = 'a-test-password';
  const redis = spawn('redis-server', ['-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  redis.stdin.end(
    [`port ${port}`, 'bind 127.0.0.1', 'save ""', `user default on >${password} ~* &* +@all`, users(password)].join(
      '\n',
    ),
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
    redis.stdout.on('data', (text) => String(text).includes('Ready to accept connections') && resolve());
  });
  return {
    processId: redis.pid as number,
    url: `redis://127.0.0.1:${port}`,
    password,
    stop: async () => {
      redis.removeAllListeners('exit');
      redis.kill();
      await once(redis, 'exit');
    },
  };
}
