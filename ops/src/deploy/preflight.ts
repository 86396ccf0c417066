import { migrationNames } from '../../../app/src/database/migration-files';
import type { Progress } from '../cli/progress';
import { CannotTell, Refusal } from '../failures';
import { listDeployments, type Release } from '../ledger/deployments';
import type { Place } from '../place/place';
import { runTool } from '../place/tool';
import { configurationIn, revisionIn } from '../rotate/configured';
import { rotatedSecret } from '../rotate/rotated-secrets';
import { askDoctor } from './ask-doctor';
import { askApplication, refusedMigrations, type Told } from './release';
import type { Reviewed } from './reviewed';

/** What is looked at before anything is changed. */
export interface BeforeDeploying {
  /** The checkout. */
  root: string;
  place: Place;
  reviewed: Reviewed;
  /** The release that one goes back to; undefined where none was good yet. */
  from: Release | undefined;
  /** Ids of checks of the doctor that are to be no reason to stop. */
  despite: readonly string[];
  progress: Progress;
  signal: AbortSignal;
}

/** A look; another one is another line of `looks`. @returns what it found, in words @throws Refusal where it must not go on */
type Look = (before: BeforeDeploying) => Promise<string>;

const looks: readonly Look[] = [
  lookAtPlans,
  askDoctor,
  ({ place }) => place.requireImage(),
  lookAtStatements,
  lookAtMigrations,
  lookAtRevisions,
];

/** All looks, the one that fails too. @throws Refusal, or CannotTell, with everything that is in the way */
export async function preflight(before: BeforeDeploying): Promise<string> {
  const found = await Promise.allSettled(looks.map((look) => look(before)));
  const failed = found.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  if (failed.length === 0) return found.map((each) => (each as PromiseFulfilledResult<string>).value).join('; ');
  const message = `nothing was changed: ${failed.map((error) => error.message).join('\n  ')}`;
  throw failed.some((error) => error instanceof Refusal) ? new Refusal(message) : new CannotTell(message);
}

async function lookAtPlans({ reviewed, place }: BeforeDeploying): Promise<string> {
  const { differing, uncommitted, planHash, commit } = reviewed;
  if (differing.length > 0) {
    throw new Refusal(
      `${differing.join(', ')} ${differing.length === 1 ? 'is' : 'are'} not what this checkout describes; run npm run plans, and have the difference reviewed and committed`,
    );
  }
  if (uncommitted.length > 0) {
    throw new Refusal(`${uncommitted.join(', ')} not committed; have it reviewed and commit it`);
  }
  return `the plan of ${place.environment} is the reviewed one (${planHash.slice(0, 12)}${commit ? `, commit ${commit.slice(0, 10)}` : ''})`;
}

/** What of the migrations would lock or break the version that runs. */
async function lookAtStatements({ root }: BeforeDeploying): Promise<string> {
  const { status, output, said } = await runTool('node', ['--import', 'tsx', 'tools/lint-migrations.ts'], {
    cwd: root,
  });
  if (status === 0) return 'no migration locks or breaks what runs';
  throw new Refusal(`migrations would break what runs: ${(output || said).trim()}`);
}

async function lookAtMigrations({ place, from }: BeforeDeploying): Promise<string> {
  const told = await askApplication(place).catch((error: Error) => {
    if (from === undefined) return undefined;
    throw error;
  });
  if (!told) return `${migrationNames.length} migrations, none of which anybody depends on`;
  const missing = migrationNames.filter((name) => !told.applied.includes(name));
  refuseContractions(missing, told, 'that runs');
  if (from) refuseContractions(missing, { ...told, version: from.version }, 'that one would go back to');
  return missing.length === 0
    ? 'no migrations'
    : `migrations ${missing.join(', ')}, after which ${told.version} works too`;
}

function refuseContractions(missing: readonly string[], told: Told, which: string): void {
  const refused = refusedMigrations(missing, told);
  if (refused.length === 0) return;
  throw new Refusal(
    `the migration ${refused.join(', ')} takes away what version ${told.version} needs, the one ${which}; deploy the new version without it first (CONTRIBUTING.md, "Change the schema")`,
  );
}

/** A secret whose revision is lower than one that was deployed would be made anew under those who use it. */
async function lookAtRevisions({ place }: BeforeDeploying): Promise<string> {
  const rotations = (await listDeployments(place.shelf)).flatMap(({ rotation, ...by }) =>
    rotation ? [{ ...by, ...rotation }] : [],
  );
  if (rotations.length === 0) return 'no secret was made anew';
  const configuration = configurationIn(place.stacks);
  const lost = rotations.filter(({ secret, raised }) => revisionIn(configuration, rotatedSecret(secret)) < raised);
  const [first] = lost;
  if (!first) return 'every secret is of the revision that it was raised to, or later';
  const lines = lost.map(
    ({ secret, raised, owner, host, startedAt }) => `${secret} to ${raised} by ${owner} on ${host} at ${startedAt}`,
  );
  throw new Refusal(
    `secrets were raised, and this checkout does not say so: ${lines.join(', ')}; have the change of config/environments/${place.environment}.ts and its plans merged: they were left in the checkout of whoever did it`,
  );
}
