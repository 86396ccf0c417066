import { parseCron } from '../../config/cron';

/**
 * The five fields of a workload's schedule.
 * @throws Error naming the component and what is wrong
 */
export function parseSchedule(component: string, schedule: string) {
  try {
    return parseCron(schedule);
  } catch (error) {
    throw new Error(`workload "${component}": ${(error as Error).message}`);
  }
}
