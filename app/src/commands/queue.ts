import type { SubmitContext } from '../jobs/job-context';
import { closeQueue, openQueue } from '../jobs/queue';
import { readEnvironment } from '../runtime/env';
import { createLogger } from '../runtime/logging';
import { withDatabase } from './database';

/** Does a command's work with the database and the job queue, closed at the end. */
export async function withQueue<T>(work: (context: SubmitContext) => Promise<T>): Promise<T> {
  const environment = readEnvironment('client');
  const logger = createLogger('stock-analysis-cli', 'ERROR', process.stderr);
  return withDatabase(environment, async (database) => {
    const queue = openQueue(environment, logger);
    try {
      return await work({ database, queue, logger });
    } finally {
      await closeQueue(queue.close(), logger);
    }
  });
}
