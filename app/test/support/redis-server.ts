import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts } from './free-ports';

/** A redis-server of the tests, which keeps nothing on disk. */
export interface RedisServer {
  processId: number;
  port: number;
  url: string;
  password: string;
  stop(): Promise<void>;
}

interface Options {
  /** Lines of its configuration that make users, who have the password that is given. */
  users?: (password: string) => string;
  /** Files by which it speaks TLS and nothing else. */
  tls?: { certificate: string; key: string };
}

const listening = (port: number, tls: Options['tls']): string[] =>
  tls
    ? [
        'port 0',
        `tls-port ${port}`,
        `tls-cert-file ${tls.certificate}`,
        `tls-key-file ${tls.key}`,
        'tls-auth-clients no',
      ]
    : [`port ${port}`];

/**
 * Its default user may do all.
 *
 * @throws Error when there is no redis-server, or it does not start
 */
export async function startRedisServer({ users = () => '', tls }: Options = {}): Promise<RedisServer> {
  const [port] = (await freePorts(1)) as [number];
  const password = 'a-test-password';
  const redis = spawn('redis-server', ['-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  redis.stdin.end(
    [
      ...listening(port, tls),
      'bind 127.0.0.1',
      'save ""',
      `user default on >${password} ~* &* +@all`,
      users(password),
    ].join('\n'),
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
    port,
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    password,
    stop: async () => {
      redis.removeAllListeners('exit');
      redis.kill();
      await once(redis, 'exit');
    },
  };
}
