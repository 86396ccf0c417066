import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { tlsAdvice } from '../runtime/tls';
import { schemaFault } from './migrations';
import type { Database } from './pool';

const pauseMilliseconds = 1_000;
const saidAgainMilliseconds = 30_000;

async function whyNotUsable(database: Database): Promise<string | undefined> {
  try {
    const found = await schemaFault(database);
    return found && `${found.fault}; ${found.advice}`;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const reason = message || code || 'no answer';
    const advice = tlsAdvice(error as Error, 'DATABASE');
    return advice ? `${reason}; ${advice}` : reason;
  }
}

/**
 * Waits until the database answers and has the schema of this version, and says what it waits for: at once, when the
 * reason changes and every half minute.
 *
 * @throws the signal's reason when it is told to stop
 */
export async function untilUsable(database: Database, logger: Logger, stopping: AbortSignal): Promise<void> {
  let said = '';
  let saidAt = 0;
  for (;;) {
    const reason = await whyNotUsable(database);
    stopping.throwIfAborted();
    if (reason === undefined) break;
    if (reason !== said || performance.now() - saidAt > saidAgainMilliseconds) {
      logger.warn({ reason }, 'waiting for the database');
      [said, saidAt] = [reason, performance.now()];
    }
    await sleep(pauseMilliseconds, undefined, { signal: stopping });
  }
  if (said) logger.info('the database is there');
}
