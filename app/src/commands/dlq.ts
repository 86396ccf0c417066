import {
  type DeadLetter,
  findDeadLetter,
  listDeadLetters,
  purgeDeadLetters,
  replayDeadLetter,
} from '../jobs/dead-letters';
import { readEnvironment } from '../runtime/env';
import { UsageError } from '../runtime/usage-error';
import { withDatabase } from './database';
import { withQueue } from './queue';

const replayBatchSize = 100;

export const findLetters = (replayed: boolean, limit: number) =>
  withDatabase(readEnvironment('database'), (database) => listDeadLetters(database, replayed, limit));

/** @throws UsageError when there is no such letter */
export const showLetter = (id: string): Promise<DeadLetter> =>
  withDatabase(readEnvironment('database'), async (database) => {
    const letter = await findDeadLetter(database, id);
    if (!letter) throw new UsageError(`there is no dead letter ${id}; see \`stock dlq list\``);
    return letter;
  });

/**
 * Replays a letter, or all that were not replayed yet.
 *
 * @returns ids of the new jobs
 * @throws UsageError when there is no such letter, or it was replayed
 */
export const replay = (id: string | undefined): Promise<string[]> =>
  withQueue(async (context) => {
    if (id !== undefined) {
      const job = await replayDeadLetter(context, id);
      if (!job) throw new UsageError(`there is no dead letter ${id} to replay; see \`stock dlq list\``);
      return [job.id];
    }
    const jobIds: string[] = [];
    for (let before: string | undefined; ; ) {
      const letters = await listDeadLetters(context.database, false, replayBatchSize, before);
      for (const letter of letters) {
        const job = await replayDeadLetter(context, letter.id);
        if (job) jobIds.push(job.id);
      }
      before = letters.at(-1)?.id;
      if (before === undefined) return jobIds;
    }
  });

/** @returns number of letters forgotten */
export const purge = (olderThanSeconds: number): Promise<number> =>
  withDatabase(readEnvironment('database'), (database) => purgeDeadLetters(database, olderThanSeconds));
