import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readOperationsEnvironment } from '../environment';
import { CannotTell, Refusal } from '../failures';
import { FolderShelf } from '../ledger/folder-shelf';
import { answerSeconds, type Place, runSeconds } from './place';
import { externalPath, firstHost, type Resource, resourcesOf, type SynthesizedStack } from './synthesized';
import { type Ended, runTool, runWell, type ToolOptions } from './tool';

/** Where the engine writes what a container says. */
export interface LogConfig {
  readonly Type: string;
  readonly Config: Readonly<Record<string, string>> | null;
}

/** What docker tells of a container, as far as it is read here. */
export interface Container {
  readonly Name: string;
  readonly RestartCount: number;
  readonly Config: { readonly Image: string };
  readonly HostConfig: { readonly LogConfig: LogConfig };
  /** Empty where the driver keeps no file of that kind. */
  readonly LogPath: string;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly FinishedAt: string;
    readonly Error: string;
    readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] };
  };
}

const advice = 'start it, have this user ask it (group docker), or correct DOCKER_HOST';

/** An environment on the Docker engine of this machine. */
export class DockerPlace implements Place {
  readonly name = 'the Docker engine';
  readonly host: string;

  constructor(
    readonly root: string,
    readonly environment: string,
    readonly stacks: readonly SynthesizedStack[],
  ) {
    this.host = firstHost(stacks);
  }

  /** Asked for where it is needed: who looks needs no folder for it. */
  get shelf(): FolderShelf {
    return new FolderShelf(path.join(readOperationsEnvironment('shelf').STOCKOPS_FOLDER, this.environment));
  }

  async requireAnswering(signal?: AbortSignal): Promise<void> {
    const words = ['version', '--format', '{{.Server.Version}}'];
    const { status, said } = await runTool('docker', words, { signal, limitSeconds: answerSeconds });
    if (status !== 0) throw new CannotTell(`the Docker engine does not answer: ${said.trim()}; ${advice}`);
  }

  async prepare(): Promise<string> {
    const words = ['--import', 'tsx', 'stacks/write-secret-files.ts'];
    return (await runWell('node', words, { cwd: this.root })).trim() || 'the files of secrets are there';
  }

  get image(): string {
    const { name, triggers } = this.#ownImage;
    return triggers ? `${name} of sources ${triggers.sources.slice(0, 12)}` : name;
  }

  async requireImage(): Promise<string> {
    const { name, build } = this.#ownImage;
    if (build) return `${name} is built from this checkout`;
    const { status } = await runTool('docker', ['image', 'inspect', '--format', '{{.Id}}', name]);
    if (status === 0) return `${name} is there`;
    const { status: pullable, said } = await runTool('docker', ['manifest', 'inspect', name]);
    if (pullable === 0) return `${name} can be pulled`;
    throw new Refusal(
      `the image ${name} is not on this engine, and cannot be pulled: ${said.trim()}; build or push it`,
    );
  }

  /** What was built has a name of its own from then on, and is not built again. */
  async keepable({ folder, resources }: SynthesizedStack, id: string): Promise<object> {
    const whole = JSON.parse(readFileSync(path.join(folder, 'cdk.tf.json'), 'utf8'));
    for (const [name, image] of Object.entries<Resource>(resources.docker_image ?? {})) {
      if (!image.build) continue;
      const kept = `${image.name.replace(/:[^:/]+$/, '')}:release-${id}`;
      await runWell('docker', ['tag', image.name, kept]);
      whole.resource.docker_image[name] = { name: kept, keep_locally: true };
    }
    return whole;
  }

  get #ownImage(): Resource {
    return resourcesOf(this.stacks, 'docker_image').find(({ name }) => name === 'app')?.resource;
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

  async runningImage(component: string): Promise<string> {
    const id = (
      await runWell('docker', ['container', 'inspect', '--format', '{{.Image}}', this.#nameOf(component)])
    ).trim();
    const names = await runWell('docker', ['image', 'inspect', '--format', '{{join .RepoDigests " "}}', id]);
    return names.trim().split(' ')[0] || id;
  }

  run(component: string, words: readonly string[], options: ToolOptions = {}): Promise<Ended> {
    const how = ['exec', ...(options.input ? ['-i'] : []), this.#nameOf(component)];
    return runTool('docker', [...how, ...words], { limitSeconds: runSeconds, ...options });
  }

  secretText(secret: string, key: string): Promise<string> {
    return readFile(path.join(this.root, '.local', 'secrets', this.environment, secret, key), 'utf8');
  }

  async secretWrittenAt(secret: string): Promise<Date | undefined> {
    const folder = path.join(this.root, '.local', 'secrets', this.environment, secret);
    return statSync(path.join(folder, '.password'), { throwIfNoEntry: false })?.mtime;
  }

  /** What was applied has replaced its container. */
  async runningWith(): Promise<string[]> {
    return [];
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
  const found = await inspected(described.map(({ name }) => name));
  return described.every(({ name, restart }) => {
    const container = found.get(name);
    return container !== undefined && (restart === 'no' || isServing(container));
  });
}

/**
 * The containers of some names, by their names; those that are not there are left out.
 *
 * @throws CannotTell where the engine says anything else: what it does not tell of may be there
 */
export async function inspected(names: readonly string[], signal?: AbortSignal): Promise<Map<string, Container>> {
  // Of those that are not there it says so, and tells of the others.
  const { output, said } = await runTool('docker', ['container', 'inspect', ...names], { signal });
  const found: Container[] = JSON.parse(output || '[]');
  const missing = said.match(/no such container/gi) ?? [];
  if (found.length + missing.length < names.length)
    throw new CannotTell(`the Docker engine does not tell of its containers: ${said.trim()}`);
  return new Map(found.map((each) => [each.Name.replace(/^\//, ''), each]));
}

/** Whether it runs, and is healthy where it can be asked. */
export const isServing = ({ State: state }: Container): boolean =>
  state.Status === 'running' && (state.Health?.Status ?? 'healthy') === 'healthy';
