import type { Dependency } from '../runtime/health';
import { describeFaults, findScheduleFaults } from './installed-schedules';
import type { JobQueue } from './queue';

/**
 * The job queue answers, and has the schedules.
 *
 * @param necessity what the process can do its work without
 */
export const queueDependencies = (
  queue: JobQueue,
  necessity: { isQueueOptional: boolean; areSchedulesOptional: boolean },
): Dependency[] => [
  { name: 'queue', optional: necessity.isQueueOptional, check: () => queue.getJobCounts('waiting') },
  {
    name: 'schedules',
    optional: necessity.areSchedulesOptional,
    check: async () => {
      const faults = await findScheduleFaults(queue);
      if (faults.size > 0) {
        throw new Error(`not in the queue as they should be, the scheduler sets them: ${describeFaults(faults)}`);
      }
    },
  },
];
