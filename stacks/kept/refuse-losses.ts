import { ConfigurationError } from '../../config/configuration-error';
import type { EnvironmentConfig } from '../../config/environment';
import { secretFiles, thingsIn } from './aspects';
import type { Plans } from './committed-plans';
import { adviceFor } from './loss-advice';
import { type Loss, lossesOf } from './losses';
import type { Plan } from './plan';
import { isRecorded, recordOf } from './recorded';
import { repositoryName } from './volume-users';

/**
 * Refuses an environment that protects its data and from which something would be missing that was reviewed last, unless its `transitions`
 * say so. ALLOW_DESTROY lifts it as it lifts the protection.
 * @throws ConfigurationError naming everything that would be lost, and how to move instead
 */
export function refuseLosses(config: EnvironmentConfig, committed: Plans, planned: Plans): void {
  if (!config.deletionProtection) return;
  const found = [...committed]
    .flatMap(([unit, plan]) => lossesIn(config, unit, plan, planned.get(unit) ?? {}))
    .filter((loss) => !isReadElsewhere(loss, planned));
  const losses = withoutRepetition(found).filter((loss) => !isRecorded(config.transitions, loss));
  if (losses.length === 0) return;
  throw new ConfigurationError(
    [
      `environment "${config.name}" would lose what its data hangs on, which plans/${config.name} has:`,
      ...losses.map((loss) => `  ${describe(loss)}`),
      ...adviceFor(losses).map((line) => `  ${line}`),
      `  What is meant is said in config/environments/${config.name}.ts, each with its reason, before the plans are renewed:`,
      ...recordOf(losses).map((line) => `    ${line}`),
    ].join('\n'),
  );
}

function lossesIn(config: EnvironmentConfig, unit: string, before: Plan, after: Plan): Loss[] {
  const moves = new Map(
    config.transitions.moved.filter((move) => move.unit === unit).map(({ from, to }) => [from, to]),
  );
  const movedTo = (address: string) => moves.get(address) ?? address;
  return lossesOf({ unit, before: thingsIn(before), after: thingsIn(after), movedTo }).filter(
    (loss) => !isOwnRelease(config, loss) && !isKeptBeside(config, loss),
  );
}

/** The files of a secret are the environment's: a unit may leave them to another. */
const isReadElsewhere = ({ address, what }: Loss, planned: Plans): boolean =>
  what === 'existence' &&
  address.startsWith(`${secretFiles}.`) &&
  [...planned.values()].some((plan) => thingsIn(plan).some((thing) => thing.address === address));

/** Our own images read what any release of theirs wrote. */
function isOwnRelease({ images }: EnvironmentConfig, { what, to = '' }: Loss): boolean {
  const own = [images.application, images.operations].map((image) => image && repositoryName(image.repository));
  return what === 'server' && own.includes(to.split(' ')[0]);
}

/** An upgrade leaves the former volume of PostgreSQL as it is, used by nobody: `postgres.keptMajor` says so (docs/upgrade.md). */
const isKeptBeside = ({ postgres }: EnvironmentConfig, { address, what, to }: Loss): boolean =>
  postgres.topology !== 'existing' &&
  postgres.keptMajor !== undefined &&
  /\.postgres-data(-\d+)?$/.test(address) &&
  ['server', 'mount', 'paths'].includes(what) &&
  to === 'nothing';

/** With a namespace goes all that is in it: one line says so. */
function withoutRepetition(losses: readonly Loss[]): Loss[] {
  const isElsewhere = losses.some(
    ({ address, what }) => address.startsWith('kubernetes_namespace_v1.') && what === 'name',
  );
  return losses.filter(({ what }) => !(isElsewhere && what === 'namespace'));
}

const describe = ({ unit, address, name, what, from, to }: Loss): string =>
  what === 'existence'
    ? `${unit}: ${address} (${name}) would be gone`
    : `${unit}: ${address}: ${what} would be ${to}, is ${from}`;
