import { clockFaults } from './clock-faults';
import type { Fault } from './fault';
import { jobFaults } from './job-faults';
import { networkFaults } from './network-faults';
import { postgresFaults } from './postgres-faults';
import { redisFaults } from './redis-faults';
import { roleFaults } from './role-faults';

/** Every fault, in the order in which they are injected. */
export const faults: readonly Fault[] = [
  ...roleFaults,
  ...postgresFaults,
  ...redisFaults,
  ...networkFaults,
  ...jobFaults,
  ...clockFaults,
];
