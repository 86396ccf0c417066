import { Readable } from 'node:stream';
import { CannotTell } from '../failures';
import type { Ended, ToolOptions } from '../place/tool';
import type { Kept, Shelf } from './shelf';

type Kubectl = (words: readonly string[], options?: ToolOptions) => Promise<Ended>;

interface ConfigMap {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: { readonly text?: string };
}

const label = 'stockanalysis.com/environment';
const managedByUs = 'app.kubernetes.io/managed-by=stockops';

/** A shelf that is a namespace of the environment's cluster: each text is a ConfigMap. */
export class ClusterShelf implements Shelf {
  constructor(
    readonly kubectl: Kubectl,
    readonly namespace: string,
    readonly environment: string,
  ) {}

  get place(): string {
    return `the ConfigMaps stockops-${this.environment}-… of the namespace ${this.namespace}`;
  }

  async read(name: string): Promise<Kept | undefined> {
    const words = ['get', 'configmap', this.#nameOf(name), '-n', this.namespace, '--ignore-not-found', '-o', 'json'];
    const found = await this.#ask(words);
    if (found === '') return undefined;
    const { metadata, data }: ConfigMap = JSON.parse(found);
    return { text: data?.text ?? '', version: metadata.resourceVersion };
  }

  async write(name: string, text: string, version: string | undefined): Promise<boolean> {
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: this.#nameOf(name),
        namespace: this.namespace,
        labels: { [label]: this.environment, 'app.kubernetes.io/managed-by': 'stockops' },
        ...(version !== undefined && { resourceVersion: version }),
      },
      data: { text },
    });
    const put = () =>
      this.kubectl([version === undefined ? 'create' : 'replace', '-f', '-'], { input: Readable.from([manifest]) });
    const first = await put();
    const { status, said } = isWithoutNamespace(first) && (await this.#makeNamespace()) ? await put() : first;
    if (status === 0) return true;
    if (/AlreadyExists|Conflict|NotFound/.test(said)) return false;
    throw this.#unanswered(said);
  }

  async list(prefix: string): Promise<Map<string, string>> {
    const words = ['get', 'configmaps', '-n', this.namespace, '-l', `${label}=${this.environment}`, '-o', 'json'];
    const { items }: { items: ConfigMap[] } = JSON.parse(await this.#ask(words));
    const own = this.#nameOf('');
    return new Map(
      items
        .map(({ metadata, data }): [string, string] => [metadata.name.slice(own.length), data?.text ?? ''])
        .filter(([name]) => name.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  /** One kubectl takes all of them away, also when this process is killed meanwhile. */
  async remove(...names: string[]): Promise<void> {
    await this.#ask(['delete', 'configmap', ...names.map(this.#nameOf), '-n', this.namespace, '--ignore-not-found']);
  }

  /** Terraform keeps its state there as well, and needs it to be there before its first apply. */
  async #makeNamespace(): Promise<true> {
    const { status, said } = await this.kubectl(['create', 'namespace', this.namespace]);
    if (status === 0 || said.includes('AlreadyExists')) return true;
    throw this.#unanswered(said);
  }

  async #ask(words: readonly string[]): Promise<string> {
    const { status, output, said } = await this.kubectl(words);
    if (status === 0) return output.trim();
    throw this.#unanswered(said);
  }

  #nameOf = (name: string): string => nameIn(this.environment, name);

  #unanswered = (said: string) =>
    new CannotTell(
      `${this.place} cannot be used: ${said.trim()}; it takes the right to get, list, create, update and delete configmaps there`,
    );
}

/** The environments whose shelf in a namespace has a text of this name, by their names. */
export async function shelvesWith(
  kubectl: Kubectl,
  namespace: string,
  name: string,
): Promise<{ environment: string; shelf: ClusterShelf; text: string }[]> {
  const words = ['get', 'configmaps', '-n', namespace, '-l', `${label},${managedByUs}`, '-o', 'json'];
  const { status, output, said } = await kubectl(words);
  if (status !== 0) throw new CannotTell(`what is kept in the namespace ${namespace} cannot be listed: ${said.trim()}`);
  const { items }: { items: ConfigMap[] } = JSON.parse(output);
  return items.flatMap(({ metadata, data }) => {
    const environment = metadata.labels?.[label] ?? '';
    if (metadata.name !== nameIn(environment, name)) return [];
    return [{ environment, shelf: new ClusterShelf(kubectl, namespace, environment), text: data?.text ?? '' }];
  });
}

const nameIn = (environment: string, name: string): string => `stockops-${environment}-${name}`;

const isWithoutNamespace = ({ said }: Ended): boolean => /namespaces "[^"]+" not found/.test(said);
