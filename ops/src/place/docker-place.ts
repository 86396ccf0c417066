import path from 'node:path';
import { readOperationsEnvironment } from '../environment';
import { CannotTell } from '../failures';
import { FolderShelf } from '../ledger/folder-shelf';
import type { Place } from './place';
import { externalPath, firstHost, type Resource, resourcesOf, type SynthesizedStack } from './synthesized';
import { type Ended, runTool, runWell, type ToolOptions } from './tool';

interface Container {
  readonly Name: string;
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
}

/** An environment on the Docker engine of this machine. */
export class DockerPlace implements Place {
  readonly name = 'the Docker engine';
  readonly host: string;
  readonly shelf: FolderShelf;

  constructor(
    readonly root: string,
    readonly environment: string,
    readonly stacks: readonly SynthesizedStack[],
  ) {
    this.shelf = new FolderShelf(path.join(readOperationsEnvironment('shelf').STOCKOPS_FOLDER, environment));
    this.host = firstHost(stacks);
  }

  async requireAnswering(): Promise<void> {
    const { status, said } = await runTool('docker', ['version', '--format', '{{.Server.Version}}']);
    if (status !== 0) throw new CannotTell(`the Docker engine does not answer: ${said.trim()}; start it`);
  }

  async isReady({ resources }: SynthesizedStack): Promise<boolean> {
    const of = (type: string): Resource[] => Object.values(resources[type] ?? {});
    const areThere = async (kind: string, described: Resource[]) => {
      if (described.length === 0) return true;
      const there = await listed(kind, 'ls', '--format', '{{.Name}}');
      return described.every(({ name }) => there.has(name));
    };
    const ready = await Promise.all([
      areWell(of('docker_container')),
      areThere('volume', of('docker_volume')),
      areThere('network', of('docker_network')),
    ]);
    return ready.every(Boolean);
  }

  run(component: string, words: readonly string[], options: ToolOptions = {}): Promise<Ended> {
    return runTool('docker', ['exec', ...(options.input ? ['-i'] : []), this.#nameOf(component), ...words], options);
  }

  async withGateway<T>(use: (address: string) => Promise<T>): Promise<T> {
    const [port] = this.container('gateway').ports ?? [];
    if (!port) throw new CannotTell('the gateway is published on no port of this machine');
    return use(`http://${port.ip}:${port.external}`);
  }

  async askPrometheus(asked: string): Promise<string> {
    const container = this.container('prometheus');
    const words: string[] = [...(container.entrypoint ?? []), ...(container.command ?? [])];
    const address = `http://127.0.0.1:9090${externalPath(words)}${asked}`;
    return runWell('docker', ['exec', container.name, 'wget', '-qO-', address]);
  }

  /** The container of a component, as it is described. */
  container(component: string): Resource {
    const found = resourcesOf(this.stacks, 'docker_container').find(({ name }) => name === component);
    if (!found) throw new Error(`no stack has a container ${component}`);
    return found.resource;
  }

  readonly #nameOf = (component: string): string => this.container(component).name;
}

/** What docker lists, by name. */
export async function listed(...words: string[]): Promise<Set<string>> {
  return new Set((await runWell('docker', words)).trim().split('\n'));
}

/** What stays runs, and is healthy where it can be asked; what ends is there. */
async function areWell(described: readonly Resource[]): Promise<boolean> {
  if (described.length === 0) return true;
  // Of those that are not there it says so, and tells of the others.
  const { output } = await runTool('docker', ['container', 'inspect', ...described.map(({ name }) => name)]);
  const states = new Map(
    (JSON.parse(output) as Container[]).map(({ Name, State }) => [Name.replace(/^\//, ''), State]),
  );
  return described.every(({ name, restart }) => {
    const state = states.get(name);
    if (restart === 'no') return state !== undefined;
    return state?.Status === 'running' && (state.Health?.Status ?? 'healthy') === 'healthy';
  });
}
