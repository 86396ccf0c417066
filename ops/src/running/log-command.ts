import { UsageError } from '../../../app/src/runtime/usage-error';
import { DockerPlace } from '../place/docker-place';
import { type KubernetesPlace, running } from '../place/kubernetes-place';
import { resourcesOf } from '../place/synthesized';

export interface LogOptions {
  /** Not longer ago, such as 15m or 2h. */
  readonly since?: string | undefined;
  /** Goes on with what is logged from now on. @default false */
  readonly isFollowing?: boolean;
  /** No more than so many lines of before. @default all */
  readonly tail?: number | undefined;
}

/** A program and its words. */
export interface Command {
  readonly program: string;
  readonly words: readonly string[];
}

/** What tells the log of a component, all copies of it. */
export function logCommand(place: DockerPlace | KubernetesPlace, component: string, options: LogOptions): Command {
  requireComponent(place, component);
  return place instanceof DockerPlace
    ? dockerCommand(place, component, options)
    : kubernetesCommand(place, component, options);
}

function dockerCommand(place: DockerPlace, component: string, { since, isFollowing, tail }: LogOptions): Command {
  const words = [
    'logs',
    ...(since ? ['--since', since] : []),
    ...(tail === undefined ? [] : ['--tail', `${tail}`]),
    ...(isFollowing ? ['--follow'] : []),
    place.container(component).name,
  ];
  return { program: 'docker', words };
}

function kubernetesCommand(place: KubernetesPlace, component: string, options: LogOptions): Command {
  const { since, isFollowing, tail = -1 } = options;
  const { namespace, name } = place.workload(component);
  const words = [
    ...place.where(),
    'logs',
    '-n',
    namespace,
    '-l',
    `app.kubernetes.io/instance=${name}`,
    '-c',
    component,
    // Of several copies at once, kubectl tells the last ten lines unless told otherwise.
    `--tail=${tail}`,
    '--max-log-requests=20',
    // One that is still starting keeps none of the others from being told.
    '--ignore-errors',
    ...(since ? [`--since=${since}`] : []),
    ...(isFollowing ? ['--follow'] : []),
  ];
  return { program: 'kubectl', words };
}

/** The components that log, by the names of the stacks. */
export function loggingComponents({ stacks }: DockerPlace | KubernetesPlace): string[] {
  const ofCluster = Object.keys(running).flatMap((type) => resourcesOf(stacks, type));
  const ofEngine = resourcesOf(stacks, 'docker_container').filter(({ resource }) => resource.restart !== 'no');
  return [...ofCluster, ...ofEngine].map(({ name }) => name);
}

/** @throws UsageError naming the components there are */
export function requireComponent(place: DockerPlace | KubernetesPlace, component: string): void {
  const known = loggingComponents(place);
  if (known.includes(component)) return;
  throw new UsageError(`${place.environment} has no component '${component}'; allowed: ${known.join(', ')}`);
}
