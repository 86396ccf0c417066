import { ErrorCode } from 'bullmq';
import { scheduleNames, setSchedules } from '../../src/jobs/installed-schedules';
import type { JobQueue } from '../../src/jobs/queue';

/** A queue that refuses one schedule with an error of this code. */
function queueRefusing(refused: string, code: number) {
  const asked: string[] = [];
  const upsertJobScheduler = async (name: string) => {
    asked.push(name);
    if (name === refused) throw Object.assign(new Error('refused'), { code });
  };
  return { asked, queue: { upsertJobScheduler } as unknown as JobQueue };
}

describe('setting the schedules', () => {
  const refused = `${scheduleNames[1]}`;

  test.each([ErrorCode.SchedulerJobIdCollision, ErrorCode.SchedulerJobSlotsBusy])(
    'goes on with the others where another keeper was faster with one (code %i)',
    async (code) => {
      const { asked, queue } = queueRefusing(refused, code);
      await setSchedules(queue, scheduleNames);
      expect(asked).toEqual(scheduleNames);
    },
  );

  test('fails where the queue refuses for another reason', async () => {
    const { queue } = queueRefusing(refused, ErrorCode.JobNotExist);
    await expect(setSchedules(queue, scheduleNames)).rejects.toThrow('refused');
  });
});
