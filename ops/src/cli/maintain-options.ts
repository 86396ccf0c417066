import type { AnswerOptions } from './answer';

/** What `stockops maintain` is given. */
export interface MaintainCommandOptions extends AnswerOptions {
  monthly?: boolean;
  dryRun?: boolean;
  limitHours: number;
  vacuumFull?: string;
  confirm?: string;
}
