import { connect, createServer, type Socket } from 'node:net';
import { closeQueue, openQueue, openWorker } from '../../src/jobs/queue';
import { createLogger } from '../../src/runtime/logging';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePorts } from '../support/free-ports';

/** Passes connections to one port on to another. */
async function openDoor(port: number, target: number) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const side of [socket, onward]) {
      sockets.add(side);
      side.on('error', () => undefined);
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('a queue on a PostgreSQL that is away at first, or for a while', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('is used, and worked off without haste, once the server is there', async () => {
    const [port] = (await freePorts(1)) as [number];
    const url = new URL(database.environment.QUEUE_URL);
    const target = Number(url.port);
    url.port = String(port);
    const address = { ...database.environment, QUEUE_URL: url.href };
    let complaints = 0;
    const logger = createLogger('test', 'ERROR', { write: () => complaints++ });
    // Something that answers, but not as PostgreSQL does: an error of another kind than a refused connection.
    const other = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
    const queue = openQueue(address, logger);
    const done: string[] = [];
    const worker = openWorker(address, { concurrency: 1 }, async (job) => void done.push(job.name), logger);
    worker.run().catch(() => undefined);
    await expect(queue.getJobCounts('waiting')).rejects.toThrow();
    await sleep(2_500);
    expect(complaints).toBeLessThan(20);

    await new Promise((resolve) => other.close(resolve));
    const door = await openDoor(port, target);
    await queue.add('late', {});
    while (done.length === 0) await sleep(50);
    expect(done).toEqual(['late']);
    await closeQueue(worker.close(true), logger);
    await closeQueue(queue.close(), logger);
    door.close();
  });

  test('is worked off again within seconds whenever the connections were cut, also where an announcement was missed', async () => {
    const [port] = (await freePorts(1)) as [number];
    const url = new URL(database.environment.QUEUE_URL);
    const target = Number(url.port);
    url.port = String(port);
    const logger = createLogger('test', 'ERROR', { write: () => undefined });
    // It announces by another way than the worker's, which is cut.
    const queue = openQueue(database.environment, logger);
    let door = await openDoor(port, target);
    const done: string[] = [];
    const through = { ...database.environment, QUEUE_URL: url.href };
    const worker = openWorker(through, { concurrency: 1 }, async (job) => void done.push(job.name), logger);
    worker.run().catch(() => undefined);
    for (const name of ['while away', 'while away again']) {
      await queue.add(`before ${name}`, {});
      while (!done.includes(`before ${name}`)) await sleep(50);
      door.close();
      await sleep(1_200);
      await queue.add(name, {});
      door = await openDoor(port, target);
      const opened = Date.now();
      while (!done.includes(name)) await sleep(50);
      expect(Date.now() - opened).toBeLessThan(10_000);
    }
    // Longer than this it never waits, whatever it has missed.
    const { backend } = worker as unknown as { backend: { maximumBlockTimeout: number } };
    expect(backend.maximumBlockTimeout).toBe(5);
    await closeQueue(worker.close(true), logger);
    await closeQueue(queue.close(), logger);
    door.close();
  });
});
