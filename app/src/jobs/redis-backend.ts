import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisBackend } from 'bullmq';

const pauseSeconds = 1;

interface Connection {
  closing?: boolean;
  getRedisVersionAndType(): Promise<unknown>;
}

/**
 * BullMQ asks a server once which version it is, and would fail with every command from then on where there was no answer in
 * time, though the server answers everything else.
 */
function askUntilAnswered(connection: Connection): void {
  const ask = connection.getRedisVersionAndType.bind(connection);
  connection.getRedisVersionAndType = async () => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (connection.closing) throw error;
        await sleep(pauseSeconds * 1000, undefined, { ref: false });
      }
    }
  };
}

/** BullMQ's backend on Redis, for a server that may be slow or away at any time, also at the start. */
export const createLastingRedisBackend: typeof createRedisBackend = (...args) => {
  const backend = createRedisBackend(...args);
  // Neither is among BullMQ's public types; they ask once the server can be reached, which it cannot be known to be yet.
  const { connection, blockingConnection } = backend as unknown as Record<string, Connection | undefined>;
  for (const each of [connection, blockingConnection]) if (each) askUntilAnswered(each);
  return backend;
};
