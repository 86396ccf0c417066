import { CannotTell } from '../../failures';
import type { Hosting } from '../host';
import { certificates, renewal } from './certificates';
import type { HostFinding, Look } from './finding';
import { firewall, listening, published } from './network';
import { kernel, logins, services, unfinished } from './settings';
import { accounts, patches } from './system';
import { answers, failedLogins, integrity } from './watch';

/** A host, and where its gateway logs. */
export type Looking = Hosting & { gatewayLog?: string | undefined };

/** Everything that is looked at, in the order in which it is told; an id is never given again, and is none of the doctor's. */
export const hostChecks: readonly { id: string; title: string; look: (host: Looking) => Promise<Look> }[] = [
  { id: 'MACHINE-001', title: 'kernel parameters', look: kernel },
  { id: 'MACHINE-002', title: 'open files of logins', look: logins },
  { id: 'MACHINE-003', title: 'open files of services', look: services },
  { id: 'MACHINE-004', title: 'nothing half-done', look: unfinished },
  { id: 'MACHINE-005', title: 'firewall', look: firewall },
  { id: 'MACHINE-006', title: 'ports that Docker publishes', look: published },
  { id: 'MACHINE-007', title: 'ports that are listened on', look: listening },
  { id: 'MACHINE-008', title: 'certificates', look: certificates },
  { id: 'MACHINE-009', title: 'renewal of certificates', look: renewal },
  { id: 'MACHINE-010', title: 'files of the system', look: integrity },
  { id: 'MACHINE-011', title: 'failed logins', look: failedLogins },
  { id: 'MACHINE-012', title: 'answers of the gateway', look: answers },
  { id: 'MACHINE-013', title: 'patches', look: patches },
  { id: 'MACHINE-014', title: 'accounts', look: accounts },
];

/** Looks at everything; changes nothing. What cannot be looked at does not keep the others from being. */
export const checkHost = (host: Looking): Promise<HostFinding[]> =>
  Promise.all(hostChecks.map(async ({ id, title, look }) => ({ id, title, ...(await look(host).catch(unknown)) })));

const unknown = (error: Error): Look => ({
  state: error instanceof CannotTell ? 'unknown' : 'fail',
  seen: error.message,
});
