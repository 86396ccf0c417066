import { UsageError } from '../../../app/src/runtime/usage-error';
import type { Place } from '../place/place';
import { resourcesOf, type SynthesizedStack } from '../place/synthesized';
import { configurationIn, revisionIn, whyNotHere } from './configured';
import { type Checker, type RotatedSecret, rotatedSecrets, secretLabel } from './rotated-secrets';

/** A secret of an environment that can be made anew. */
export interface Listed {
  readonly name: string;
  readonly what: string;
  /** Undefined where it is not made here. */
  readonly revision: number | undefined;
  /** When its text was made; undefined where it is not there yet. */
  readonly madeAt: Date | undefined;
  /** Components that are started again. */
  readonly rolls: readonly string[];
  /** Why it is not made anew here. */
  readonly whyNot: string | undefined;
}

/** @throws UsageError where the only word that was given names a secret, and not an environment */
export function requireNoSecret(word: string): void {
  if (!rotatedSecrets.some(({ name }) => name === word)) return;
  throw new UsageError(`say where ${word} is to be made anew: stockops rotate ${word} ENVIRONMENT`);
}

/** All that `rotate` knows of, as they are in an environment. */
export function listRotated(place: Place): Promise<Listed[]> {
  const configuration = configurationIn(place.stacks);
  return Promise.all(
    rotatedSecrets.map(async (secret): Promise<Listed> => {
      const { name, what } = secret;
      const whyNot = whyNotHere(configuration, secret);
      if (whyNot) return { name, what, revision: undefined, madeAt: undefined, rolls: [], whyNot };
      const revision = revisionIn(configuration, secret);
      const label = secretLabel(secret, revision);
      const madeAt = await place.secretWrittenAt(label);
      return { name, what, revision, madeAt, rolls: readersOf(place.stacks, secret, label), whyNot };
    }),
  );
}

const readsAgain: ReadonlySet<Checker> = new Set(['postgres', 'redis']);

const workloads = [
  'kubernetes_deployment_v1',
  'kubernetes_stateful_set_v1',
  'kubernetes_daemon_set_v1',
  'docker_container',
];

/** Components that read a secret, without the server of it: that reads it again while it runs. */
function readersOf(stacks: readonly SynthesizedStack[], secret: RotatedSecret, label: string): string[] {
  const made = resourcesOf(stacks, 'kubernetes_secret_v1').find(({ name }) => name === label);
  // In a cluster the Secret is named, on an engine the folder of its file.
  const named = made ? `"${made.resource.metadata.name}"` : `/${label}/`;
  const readers = workloads
    .flatMap((type) => resourcesOf(stacks, type))
    .filter(({ resource }) => JSON.stringify(resource).includes(named))
    // On an engine files are carried by a container beside it.
    .map(({ name }) => name.replace(/(-preparation)?-files(-.*)?$/, ''))
    .filter((name) => name !== secret.server || !readsAgain.has(secret.checker));
  return [...new Set(readers)];
}
