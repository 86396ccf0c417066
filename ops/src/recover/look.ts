import type { Progress } from '../cli/progress';
import { type EnvironmentOf, offerOperationsVariables, readOperationsEnvironment } from '../environment';
import { Refusal } from '../failures';
import { fileOf, type SynthesizedStack, stackOf, synthesize } from '../place/synthesized';
import { runWell } from '../place/tool';
import { DockerRecovery } from './docker-recovery';
import { requireKeys } from './keys';
import { KubernetesRecovery } from './kubernetes-recovery';
import type { Recovery } from './recovery';
import type { RecoveryPlace } from './recovery-place';
import { type Chosen, choose, isFolder } from './source';

/** What a recovery has to work with, looked at before anything is changed. */
export interface Look {
  stacks: readonly SynthesizedStack[];
  place: RecoveryPlace;
  access: EnvironmentOf<'recover'>;
  chosen: Chosen;
  /** By which the keys that were kept apart are known again, a line each. */
  keys: string[];
}

export interface Looking {
  root: string;
  environment: string;
  from: string;
  /** Name of a copy, or a moment. @default the newest copy */
  copy: string | undefined;
  despiteKeys: boolean;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Assesses (manual 6.2, its first step): what is to be deployed and where, the programs for it, the copy, read to its end, and the keys.
 *
 * @throws UsageError, Refusal or CannotTell with what is missing, and what to do
 */
export async function look(looking: Looking): Promise<Look> {
  const { root, environment, from, copy, despiteKeys, progress, signal } = looking;
  const stacks = await progress.step(`synthesizing ${environment}`, () => synthesize(root, environment));
  const { place, access } = placeOf(root, environment, stacks);
  await progress.step(`asking ${place.name} and the programs of this machine`, async () => {
    await runWell('terraform', ['version'], { signal });
    if (isFolder(from)) await runWell('tar', ['--version'], { signal });
    await place.requireAnswering(signal);
  });
  const itsStore = workloadVariables(stacks).BACKUP_STORE as string;
  const chosen = await choose({ environment, from, itsStore, copy, access, progress, signal });
  const keys = await requireKeys(chosen.manifest, access, { despiteKeys });
  return { stacks, place, access, chosen, keys };
}

/** Where the stacks are deployed to, and what this machine knows of the store and the keys. */
function placeOf(root: string, environment: string, stacks: readonly SynthesizedStack[]) {
  const { BACKUP_S3_ENDPOINT, BACKUP_S3_REGION } = workloadVariables(stacks);
  const BACKUP_S3_CA = fileOf([stackOf(stacks, 'backup')], 's3-ca.pem');
  const ofTheStore = {
    ...(BACKUP_S3_ENDPOINT && { BACKUP_S3_ENDPOINT }),
    ...(BACKUP_S3_REGION && { BACKUP_S3_REGION }),
    ...(BACKUP_S3_CA && { BACKUP_S3_CA }),
  };
  offerOperationsVariables(ofTheStore);
  if (stackOf(stacks, 'data').providers.docker) {
    const place = new DockerRecovery(root, environment, stacks);
    offerOperationsVariables(place.offered);
    return { place, access: readOperationsEnvironment('recover') };
  }
  const access = readOperationsEnvironment('recover');
  return { place: new KubernetesRecovery(environment, stacks, access.KUBE_CONFIG_PATH), access };
}

/** The environment variables of the workload `backup`. */
function workloadVariables(stacks: readonly SynthesizedStack[]): Record<string, string | undefined> {
  const { kubernetes_stateful_set_v1: sets, docker_container: containers } = stackOf(stacks, 'backup').resources;
  if (containers) return Object.fromEntries((containers.backup.env as string[]).map((each) => split(each)));
  const variables: { name: string; value: string }[] = sets?.backup.spec.template.spec.container[0].env;
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

const split = (variable: string): [string, string] => {
  const end = variable.indexOf('=');
  return [variable.slice(0, end), variable.slice(end + 1)];
};

/** @throws Refusal when something of the environment is there: what is lost alone is brought back by other means */
export async function requireEmpty({ place }: Look, { environment }: Pick<Recovery, 'environment'>): Promise<void> {
  const found = await place.found();
  if (found.length === 0) return;
  throw new Refusal(
    `${place.name} is not empty of ${environment}: ${found.join(', ')}. Recover begins with nothing. Where the environment is alive, put a copy in the place of its database: stockops restore (docs/backup.md). ${place.howToEmpty}`,
  );
}
