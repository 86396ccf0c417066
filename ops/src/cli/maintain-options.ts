import type { LookOptions } from './looked-at';

/** What is looked after: all of an environment; of the database of this process, the first and the last. */
export const parts = ['database', 'logs', 'indices', 'leftovers'] as const;
export type Part = (typeof parts)[number];

/** What `stockops maintain` is given. */
export interface MaintainCommandOptions extends LookOptions {
  monthly?: boolean;
  dryRun?: boolean;
  limitHours: number;
  vacuumFull?: string;
  confirm?: string;
  only?: Part;
  deleteIndex?: string;
  cleanUp?: boolean;
}
