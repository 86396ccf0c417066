import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { programEnvironment } from '../environment';
import { Refusal } from '../failures';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { faultOf, type Pod } from './kubernetes-components';
import { type LogOptions, requireComponent } from './log-command';

const lookMilliseconds = 2_000;

export interface Telling extends LogOptions {
  /** Told of what has not logged yet. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Tells what each copy of a component logged, on this process' output. One that is still starting keeps none of the others from it; who
 * follows is told of it once it has started, and of those that come later.
 *
 * @throws UsageError for what is no component, Refusal where a log could not be told
 */
export async function tellPodLogs(place: KubernetesPlace, component: string, telling: Telling): Promise<void> {
  requireComponent(place, component);
  const { isFollowing = false, note, signal } = telling;
  const logs = new Map<string, Promise<boolean>>();
  const noted = new Set<string>();
  do {
    const pods = await podsOf(place, component, signal);
    for (const pod of pods) {
      const log = startedLog(pod, component);
      if (log && !logs.has(log)) logs.set(log, tellOne(place, pod, component, telling));
    }
    for (const text of pods.length === 0 ? [`no pod of ${component} is there`] : pods.flatMap(silence(component))) {
      if (!noted.has(text)) note(text);
      noted.add(text);
    }
    if (isFollowing) await sleep(lookMilliseconds, undefined, { signal });
  } while (isFollowing);
  if ((await Promise.all(logs.values())).includes(false)) {
    throw new Refusal('not every log could be told: what kubectl said is above');
  }
}

async function podsOf(place: KubernetesPlace, component: string, signal: AbortSignal): Promise<Pod[]> {
  const { namespace, name } = place.workload(component);
  const words = ['get', 'pods', '-n', namespace, '-l', `app.kubernetes.io/instance=${name}`, '-o', 'json'];
  return JSON.parse(await place.kubectl(words, { signal })).items;
}

/** What tells the log of a container from that of the one after it; undefined where none has started in the pod. */
function startedLog({ metadata, status }: Pod, component: string): string | undefined {
  const container = status.containerStatuses?.find(({ name }) => name === component);
  if (!container) return undefined;
  const { state, lastState, restartCount } = container;
  const hasStarted = state.running ?? state.terminated ?? lastState?.terminated;
  return hasStarted && `${metadata.name} ${restartCount}`;
}

const silence =
  (component: string) =>
  (pod: Pod): string[] =>
    startedLog(pod, component) === undefined
      ? [`${pod.metadata.name} has logged nothing: it is starting (${faultOf(pod) ?? pod.status.phase})`]
      : [];

/** @returns whether it could be told */
async function tellOne(
  place: KubernetesPlace,
  { metadata: { name, namespace } }: Pod,
  component: string,
  { since, tail, isFollowing, signal }: Telling,
): Promise<boolean> {
  const options = [
    ...(tail === undefined ? [] : [`--tail=${tail}`]),
    ...(since ? [`--since=${since}`] : []),
    ...(isFollowing ? ['--follow'] : []),
  ];
  const words = [...place.where(), 'logs', name, '-n', namespace, '-c', component, ...options];
  const child = spawn('kubectl', words, {
    env: programEnvironment({}),
    stdio: ['ignore', 'inherit', 'inherit'],
    signal,
  });
  // Who follows ends it.
  const [status, signalled] = await once(child, 'close').catch(() => [0]);
  // Who reads it has seen enough.
  return status === 0 || signalled === 'SIGPIPE';
}
