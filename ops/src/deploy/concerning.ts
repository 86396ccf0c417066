import { UsageError } from '../../../app/src/runtime/usage-error';

// What the doctor's checks (docs/checks.md) are to a deployment; each of them is in one of the three lists.

/** Where one of them fails nothing is begun: a deployment would end in its middle, or be without a way back. */
export const refusing: readonly string[] = [
  ...['ENV-001', 'TOOL-001', 'TOOL-002', 'TOOL-003', 'TOOL-004', 'ENGINE-001', 'ENGINE-002'],
  ...['K8S-001', 'K8S-002', 'K8S-003', 'K8S-004', 'STATE-001', 'STATE-002', 'IMAGE-001', 'SECRET-002'],
  ...['HOST-001', 'HOST-002', 'HOST-004', 'HOST-005', 'BACKUP-001'],
];

/**
 * Asked, and told: a deployment may mend it, as it makes the secrets that a release brings and labels the namespace, or leaves it as it
 * is. Of many nodes one is often away, and registries may need an account.
 */
export const told: readonly string[] = [
  ...['K8S-005', 'K8S-007', 'K8S-008', 'K8S-009', 'IMAGE-002', 'SECRET-001', 'SECRET-003'],
  ...['HOST-003', 'HOST-006', 'TLS-001', 'TLS-002'],
];

/**
 * Not asked, with all whose ids begin so: it is about what runs, which a deployment may be made to mend, makes something there, or is
 * what a deployment looks at itself.
 */
export const leftOut: readonly string[] = ['RUN', 'DATA', 'IMAGE-003', 'K8S-006', 'STATE-003'];

/** @throws UsageError for what is no check that keeps anybody from deploying */
export function requireRefusing(ids: readonly string[]): void {
  const strange = ids.filter((id) => !refusing.includes(id));
  if (strange.length === 0) return;
  throw new UsageError(`no deployment is refused by ${strange.join(', ')}; allowed: ${refusing.join(', ')}`);
}
