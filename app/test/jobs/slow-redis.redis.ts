import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { closeQueue, isReachable, openQueue } from '../../src/jobs/queue';
import { type RedisServer, startRedisServer } from '../support/redis-server';

const silent = pino({ level: 'silent' });

/** BullMQ's question, after what ioredis asks for itself. */
const versionQuestion = 2;

/** Passes everything on to a server, but for the nth of the questions for its version, which nobody answers. */
function forgetfulProxy(target: number, forgotten: number, sockets: Set<Socket>): Server {
  let questions = 0;
  return createServer((client) => {
    const server = connect(target, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [client, server].forEach((each) => void each.destroy()));
    }
    client.on('data', (sent) => {
      const isQuestion = /\$4\r\ninfo\r\n/i.test(String(sent));
      if (!isQuestion || ++questions !== forgotten) server.write(sent);
    });
    server.pipe(client);
  });
}

test('a queue whose server did not say its version in time works once it does', async () => {
  const redis: RedisServer = await startRedisServer();
  const sockets = new Set<Socket>();
  const proxy = forgetfulProxy(redis.port, versionQuestion, sockets).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const errors: string[] = [];
  const logger = {
    ...silent,
    error: ({ err }: { err: Error }) => errors.push(err.message),
  } as unknown as typeof silent;
  const queue = openQueue({ QUEUE_URL: `redis://127.0.0.1:${port}/0`, QUEUE_PASSWORD: redis.password }, logger);
  try {
    const began = performance.now();
    while (!(await isReachable(queue)) && performance.now() - began < 20_000);
    expect(await isReachable(queue)).toBe(true);
    // It was forgotten: the answer came too late for the first attempt.
    expect(errors.join()).toMatch(/timeout/i);
  } finally {
    await closeQueue(queue.close(), silent);
    for (const socket of sockets) socket.destroy();
    proxy.close();
    await redis.stop();
  }
}, 60_000);
