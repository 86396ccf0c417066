import type { DockerPlace } from '../place/docker-place';
import type { Resource, SynthesizedStack } from '../place/synthesized';
import { runWell } from '../place/tool';
import type { Lifecycle } from './lifecycle';

/** On an engine, which leaves alone what was stopped, and starts again what died. */
export class DockerLifecycle implements Lifecycle {
  constructor(
    readonly place: DockerPlace,
    readonly signal: AbortSignal,
  ) {}

  async start(stack: SynthesizedStack): Promise<void> {
    const names = inOrder(stack).map(({ name }) => name);
    if (names.length > 0) await this.#docker('start', ...names);
  }

  async stop(stack: SynthesizedStack, there: ReadonlySet<string>): Promise<readonly string[]> {
    const deployed = [...there].map((component) => this.place.container(component).name);
    const names = inOrder(stack)
      .map(({ name }) => name)
      .filter((name) => deployed.includes(name));
    if (names.length > 0) await this.#docker('stop', ...names.reverse());
    return [];
  }

  async restart(component: string): Promise<void> {
    const { name } = this.place.container(component);
    // What lives in the network of another loses it with that.
    const inItsNetwork = this.place.stacks
      .flatMap(staying)
      .filter(({ network_mode: network = '' }) => network.includes(`docker_container.${component}.`));
    await this.#docker('restart', name, ...inItsNetwork.map((each) => each.name));
  }

  #docker = (...words: string[]): Promise<string> => runWell('docker', words, { signal: this.signal });
}

/** Containers that stay: others prepare them, and have ended. */
const staying = ({ resources }: SynthesizedStack): Resource[] =>
  Object.values(resources.docker_container ?? {}).filter(({ restart }) => restart !== 'no');

/** Each after those that it depends on. */
function inOrder(stack: SynthesizedStack): Resource[] {
  const ordered: Resource[] = [];
  const isOf = ({ '//': { metadata } }: Resource, address: string) =>
    address === `docker_container.${metadata.uniqueId}`;
  const add = (container: Resource): void => {
    if (ordered.includes(container)) return;
    const before: string[] = container.depends_on ?? [];
    for (const each of staying(stack)) if (before.some((address) => isOf(each, address))) add(each);
    ordered.push(container);
  };
  for (const container of staying(stack)) add(container);
  return ordered;
}
