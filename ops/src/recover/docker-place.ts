import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fingerprintOf } from '../backup/fingerprint';
import { CannotTell, Refusal } from '../failures';
import { givenKeys, type KeyName, type Keys } from './keys';
import type { Place } from './place';
import { externalPath, firstHost, type Resource, resourcesOf, type SynthesizedStack, stackOf } from './synthesized';
import { type Ended, runTool, runWell, type ToolOptions } from './tool';
import type { Step } from './walk';

interface Container {
  readonly Name: string;
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
}

/** An environment on the Docker engine of this machine. */
export class DockerPlace implements Place {
  readonly name = 'the Docker engine';
  readonly howToEmpty: string;
  readonly host: string;

  constructor(
    readonly root: string,
    readonly environment: string,
    readonly stacks: readonly SynthesizedStack[],
  ) {
    this.host = firstHost(stackOf(stacks, 'backup'));
    this.howToEmpty = `Where it is of no use, remove it first: npm run destroy -- ${environment}`;
  }

  get offered(): Record<string, string> {
    const names: readonly KeyName[] = ['SECRET_KEY', ...givenKeys];
    return Object.fromEntries(
      names.flatMap((name) => {
        const file = this.#fileOf(name);
        return file && this.#textOf(file) ? [[`${name}_FILE`, file]] : [];
      }),
    );
  }

  variables(): Record<string, string> {
    return {};
  }

  async requireAnswering(): Promise<void> {
    const { status, said } = await runTool('docker', ['version', '--format', '{{.Server.Version}}']);
    if (status !== 0) throw new CannotTell(`the Docker engine does not answer: ${said.trim()}; start it`);
  }

  async found(): Promise<string[]> {
    const described = (type: string) => resourcesOf(this.stacks, type).map(({ resource }): string => resource.name);
    const [containers, volumes] = await Promise.all([
      listed('container', 'ls', '--all', '--format', '{{.Names}}'),
      listed('volume', 'ls', '--format', '{{.Name}}'),
    ]);
    // What has the files of secrets is made anew.
    const ofData = described('docker_volume').filter((name) => name.endsWith('-data'));
    return [
      ...ofData.filter((name) => volumes.has(name)).map((name) => `the volume ${name}`),
      ...described('docker_container')
        .filter((name) => containers.has(name))
        .map((name) => `the container ${name}`),
    ];
  }

  beforeStacks(keys: Keys): Step {
    return {
      name: 'secrets',
      phase: 'infrastructure',
      text: 'the files of secrets: what was kept apart, and the rest anew',
      act: async () => {
        for (const name of ['SECRET_KEY', ...givenKeys] as const) await this.#give(name, keys[name]);
        const said = await runWell('node', ['--import', 'tsx', 'stacks/write-secret-files.ts'], { cwd: this.root });
        return said.trim();
      },
    };
  }

  beforeBackup(): Step[] {
    return [];
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
    const [port] = this.#container('gateway').ports ?? [];
    if (!port) throw new CannotTell('the gateway is published on no port of this machine');
    return use(`http://${port.ip}:${port.external}`);
  }

  async askPrometheus(asked: string): Promise<string> {
    const container = this.#container('prometheus');
    const words: string[] = [...(container.entrypoint ?? []), ...(container.command ?? [])];
    const address = `http://127.0.0.1:9090${externalPath(words)}${asked}`;
    return runWell('docker', ['exec', container.name, 'wget', '-qO-', address]);
  }

  #container(component: string): Resource {
    const found = resourcesOf(this.stacks, 'docker_container').find(({ name }) => name === component);
    if (!found) throw new Error(`no stack has a container ${component}`);
    return found.resource;
  }

  #nameOf = (component: string): string => this.#container(component).name;

  /** Where the workload `backup` has a key from. */
  #fileOf(name: KeyName): string | undefined {
    const stack = stackOf(this.stacks, 'backup');
    const variable = `${name}_FILE=`;
    const inside = (this.#container('backup').env as string[]).find((each) => each.startsWith(variable));
    const uploads = Object.values(stack.resources.docker_container ?? {}).flatMap(({ upload }) => upload ?? []);
    const upload = uploads.find(({ file }: Resource) => file === inside?.slice(variable.length));
    return upload && path.resolve(stack.folder, upload.source);
  }

  #textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '');

  /** Writes a key that was kept apart, where there is none. */
  async #give(name: KeyName, text: string | undefined): Promise<void> {
    const file = this.#fileOf(name);
    if (!file || !text) return;
    const there = this.#textOf(file);
    if (there === text) return;
    if (there) {
      throw new Refusal(
        `${file} has another ${name} (fingerprint ${fingerprintOf(there)}) than the one that is given (${fingerprintOf(text)}); move the file away if nothing uses it`,
      );
    }
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600, flush: true });
    await chmod(file, 0o600);
  }
}

/** What docker lists, by name. */
async function listed(...words: string[]): Promise<Set<string>> {
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
