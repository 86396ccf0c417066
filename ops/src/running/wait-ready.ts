import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../failures';
import type { DockerPlace } from '../place/docker-place';
import type { KubernetesPlace } from '../place/kubernetes-place';
import { runTool } from '../place/tool';
import { type Component, isWell } from './component';
import { componentsOf } from './components';
import { logCommand } from './log-command';

const lookMilliseconds = 2_000;
const shownLines = 20;

interface Waiting {
  /** Which components are waited for. */
  readonly isOf: (component: Component) => boolean;
  readonly seconds: number;
  readonly tell: (detail: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Waits until components are ready.
 *
 * @throws Refusal with what the first that is not logged last
 */
export async function waitReady(place: DockerPlace | KubernetesPlace, waiting: Waiting): Promise<void> {
  const deadline = performance.now() + waiting.seconds * 1000;
  for (;;) {
    const components = (await componentsOf(place, waiting.signal)).filter(waiting.isOf);
    const [first, ...others] = components.filter((each) => !isWell(each));
    if (!first) return;
    if (performance.now() > deadline) throw new Refusal(await reason(place, first, others, waiting));
    waiting.tell(`waits for ${first.name}${others.length > 0 ? ` and ${others.length} more` : ''}`);
    await sleep(lookMilliseconds, undefined, { signal: waiting.signal });
  }
}

async function reason(
  place: DockerPlace | KubernetesPlace,
  { name, fault }: Component,
  others: readonly Component[],
  { seconds, signal }: Waiting,
): Promise<string> {
  const names = [name, ...others.map((each) => each.name)].join(', ');
  const { program, words } = logCommand(place, name, { tail: shownLines });
  const { output, said } = await runTool(program, words, { signal });
  const logged = [output, said].join('\n').trim();
  return `not ready after ${seconds} s: ${names}. ${name}: ${fault}. What it logged last:\n${logged}`;
}
