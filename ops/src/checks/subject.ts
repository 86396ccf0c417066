import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { CannotTell } from '../failures';
import { DockerPlace } from '../place/docker-place';
import { KubernetesPlace } from '../place/kubernetes-place';
import { openPlace } from '../place/open-place';
import { type Resource, resourcesOf, type SynthesizedStack, synthesizeToLook } from '../place/synthesized';
import { type Ended, runTool, type ToolOptions } from '../place/tool';
import type { EmbeddedFolder } from './embedded-folder';
import type { Target } from './target';

interface Looking {
  /** Of the checkout. */
  readonly root: string;
  readonly environment: string;
  /** Of a preview, the environment in whose cluster it is. */
  readonly previewFrom?: string;
  readonly kubeconfig: string | undefined;
  readonly signal: AbortSignal;
}

/** What checks look at. What one of them asked of the outside, the others are told without asking again. */
export class Subject {
  readonly signal: AbortSignal;
  readonly root: string;
  readonly environment: string;
  readonly #asked = new Map<string, Promise<unknown>>();
  readonly #ending = new AbortController();

  private constructor(
    readonly looking: Looking,
    /** None where it cannot be synthesized. */
    readonly stacks: readonly SynthesizedStack[],
    readonly place: DockerPlace | KubernetesPlace | undefined,
    readonly folder: EmbeddedFolder | undefined,
    /** Why it cannot be synthesized. */
    readonly fault: Error | undefined,
  ) {
    this.root = looking.root;
    this.environment = looking.environment;
    this.signal = AbortSignal.any([looking.signal, this.#ending.signal]);
    // Each program that runs listens to it.
    setMaxListeners(0, this.signal);
  }

  /** An environment of the repository; where it cannot be synthesized a check says why. */
  static async ofEnvironment(looking: Looking): Promise<Subject> {
    const stacks = await synthesizeToLook(looking.root, looking.environment).catch((error: Error) => error);
    return stacks instanceof Error
      ? new Subject(looking, [], undefined, undefined, stacks)
      : Subject.ofStacks(looking, stacks);
  }

  /** An environment that was synthesized. */
  static ofStacks(looking: Looking, stacks: readonly SynthesizedStack[]): Subject {
    return new Subject(looking, stacks, openPlace({ ...looking, stacks }), undefined, undefined);
  }

  /** What `npm start` runs. */
  static ofFolder(looking: Omit<Looking, 'environment' | 'kubeconfig'>, folder: EmbeddedFolder): Subject {
    const embedded = { ...looking, environment: 'embedded', kubeconfig: undefined };
    return new Subject(embedded, [], undefined, folder, undefined);
  }

  /** The same, to be asked anew. */
  again(): Subject {
    return new Subject(this.looking, this.stacks, this.place, this.folder, this.fault);
  }

  /** Undefined where the environment cannot be synthesized. */
  get target(): Target | undefined {
    if (this.folder) return 'embedded';
    if (!this.place) return undefined;
    return this.place instanceof DockerPlace ? 'docker' : 'kubernetes';
  }

  get cluster(): KubernetesPlace {
    if (this.place instanceof KubernetesPlace) return this.place;
    throw new CannotTell(`${this.environment} is in no cluster`);
  }

  get engine(): DockerPlace {
    if (this.place instanceof DockerPlace) return this.place;
    throw new CannotTell(`${this.environment} is on no engine`);
  }

  /** The folder of the embedded product. */
  get embedded(): EmbeddedFolder {
    if (this.folder) return this.folder;
    throw new CannotTell(`${this.environment} has no folder on this machine`);
  }

  /** Where its components are: the namespace, or what names on an engine begin with. */
  get namespace(): string {
    const [ofCluster] = this.resources('kubernetes_deployment_v1');
    const [ofEngine] = resourcesOf(this.stacks, 'docker_container');
    if (ofCluster) return ofCluster.metadata.namespace;
    return ofEngine?.resource.name.slice(0, -`-${ofEngine.name}`.length) ?? this.environment;
  }

  /** Every resource of a type. */
  resources(type: string): Resource[] {
    return resourcesOf(this.stacks, type).map(({ resource }) => resource);
  }

  /** Asks once, whoever wants to know. */
  once<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(question) ?? ask();
    this.#asked.set(question, asked);
    return asked as Promise<T>;
  }

  /** Runs a program until this look ends. */
  tool(program: string, words: readonly string[], options: ToolOptions = {}): Promise<Ended> {
    return runTool(program, words, { signal: this.signal, ...options });
  }

  /** What kubectl answers as JSON, asked once. */
  kubernetes(...words: string[]): Promise<Resource> {
    return this.once(`kubectl ${words.join(' ')}`, async () =>
      JSON.parse(await this.cluster.kubectl([...words, '-o', 'json'], { signal: this.signal })),
    );
  }

  /** How commands name it. */
  get asTyped(): string {
    const { previewFrom } = this.looking;
    return previewFrom ? `${this.environment} --from ${previewFrom}` : this.environment;
  }

  /** What deploys it, or starts it again. */
  get upCommand(): string {
    if (this.folder) return 'npm start';
    return `npm run stockops -- ${this.looking.previewFrom ? 'preview up' : 'up'} ${this.asTyped}`;
  }

  /** A text of a check, with the names of this environment. */
  named(text: string): string {
    const typed = text.replaceAll(/(stockops -- \w+ )\{environment\}/g, `$1${this.asTyped}`);
    return typed.replaceAll('{environment}', this.environment).replaceAll('{namespace}', this.namespace);
  }

  /** A command of a check, with the names of this environment and the way to its cluster. */
  command(text: string): string {
    const where = this.place instanceof KubernetesPlace ? this.place.where() : [];
    return this.named(text).replace(/^kubectl /, `${['kubectl', ...where].join(' ')} `);
  }

  /** How a person runs a command of ours where a component runs: `stock` or `stockops`. */
  commandIn(component: string, program: 'stock' | 'stockops'): string {
    if (this.target === 'embedded') return `npm run ${program} --`;
    const inside = program === 'stock' ? 'node /app/dist/stock.js' : 'stockops';
    if (this.target === 'docker') return `docker exec ${this.namespace}-${component} ${inside}`;
    const { kind, namespace, name } = this.cluster.workload(component);
    return `kubectl -n ${namespace} exec ${kind}/${name} -- ${inside}`;
  }

  /** A file that a stack names, as it is from this machine. */
  fileOf(stack: SynthesizedStack, source: string): string {
    return path.resolve(stack.folder, source);
  }

  /** Ends what was asked and is not wanted any more. */
  end(): void {
    this.#ending.abort(new Error('the look is over'));
  }
}
