import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBackend } from 'bullmq';

const pauseSeconds = 1;
/** As on Redis by default: how soon a worker finds a job whose announcement it has missed. */
const longestWaitSeconds = 5;

interface Readiness {
  readyPromise?: Promise<void>;
  waitUntilReady(): Promise<void>;
}

type Backend = ReturnType<typeof createPostgresBackend>;

/** BullMQ would remember forever that it could not connect; this way it tries again the next time it is asked. */
function forgetFailure(readiness: Readiness): void {
  const wait = readiness.waitUntilReady.bind(readiness);
  readiness.waitUntilReady = async () => {
    try {
      await wait();
    } catch (error) {
      readiness.readyPromise = undefined;
      throw error;
    }
  };
}

/** A BullMQ worker repeats what failed at once, which would take a whole core while PostgreSQL is away. */
function pauseAfterFailure(backend: Backend, method: 'moveToActive' | 'waitForJob'): void {
  const ask = backend[method].bind(backend) as (...args: unknown[]) => Promise<never>;
  backend[method] = async (...args: unknown[]) => {
    try {
      return await ask(...args);
    } catch (error) {
      await sleep(pauseSeconds * 1000, undefined, { ref: false });
      throw error;
    }
  };
}

/**
 * After a wait that failed BullMQ waits for an announcement alone, for up to an hour here; one that was made before the
 * worker listened again would leave its job where it is.
 */
function boundWait(backend: Backend): void {
  Object.defineProperty(backend, 'maximumBlockTimeout', { value: longestWaitSeconds });
}

/** BullMQ's backend on PostgreSQL, for a server that may be away at any time, also at the start. */
export const createLastingPostgresBackend: typeof createPostgresBackend = (...args) => {
  const backend = createPostgresBackend(...args);
  // Neither is among BullMQ's public types.
  const { connection } = backend as unknown as { connection: Readiness };
  for (const readiness of [connection, backend as unknown as Readiness]) forgetFailure(readiness);
  for (const method of ['moveToActive', 'waitForJob'] as const) pauseAfterFailure(backend, method);
  boundWait(backend);
  return backend;
};
