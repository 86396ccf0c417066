import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Progress } from '../../../ops/src/cli/progress';
import { lookAtPreview } from '../../../ops/src/preview/look-at-preview';
import type { Preview } from '../../../ops/src/preview/preview';
import { type RaiseOptions, raise } from '../../../ops/src/preview/raise';
import { reap } from '../../../ops/src/preview/reap';
import { takeDown } from '../../../ops/src/preview/take-down';
import type { Walked } from '../../../ops/src/walk/journal';
import { startGateway, stopGateway } from '../synthesized-checkout';

const metadata = (name: string, component: string) => ({
  namespace: `stock-analysis-${name}`,
  name: `stock-analysis-${component}`,
});

/** What synthesis of a preview describes, by stack. */
const described = (name: string) => ({
  platform: { kubernetes_namespace_v1: { namespace: { metadata: { name: `stock-analysis-${name}` } } } },
  data: {},
  application: {
    kubernetes_deployment_v1: {
      api: {
        metadata: metadata(name, 'api'),
        spec: { template: { spec: { container: [{ name: 'api', image: 'app:first' }] } } },
      },
    },
    kubernetes_service_v1: {
      gateway: { metadata: metadata(name, 'gateway'), spec: { port: [{ name: 'http', port: 8080 }] } },
    },
  },
});

type Unit = keyof ReturnType<typeof described>;

/** A checkout whose synthesis is done, and a cluster that is a few files and a gateway: all that previews ask. */
export class FakeCluster {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'preview-test-'));
  readonly root = this.checkout('checkout');
  readonly #given = { ...process.env };
  readonly #world = path.join(this.folder, 'world');
  readonly #gateway: Server;

  private constructor(gateway: Server) {
    this.#gateway = gateway;
    for (const each of ['bin', 'world/maps', 'world/namespaces'])
      mkdirSync(path.join(this.folder, each), { recursive: true });
    for (const name of ['kubectl', 'terraform', 'node', 'git', 'docker'])
      copyFileSync(path.join(__dirname, 'fake-program.sh'), path.join(this.folder, 'bin', name));
    const { APPLICATION_IMAGE: _, ...given } = this.#given;
    process.env = {
      ...given,
      PATH: `${this.folder}/bin:${given.PATH}`,
      FAKE_WORLD: this.#world,
      KUBE_CONFIG_PATH: '/kubeconfig',
    };
    const { port } = gateway.address() as AddressInfo;
    this.tell('port', `${port}`);
    this.tell('clock', new Date().toISOString());
    this.describe('dev', ['data']);
  }

  static async start(): Promise<FakeCluster> {
    return new FakeCluster(await startGateway((_request, response) => response.end('{}')));
  }

  async stop(): Promise<void> {
    process.env = this.#given;
    await stopGateway(this.#gateway);
    rmSync(this.folder, { recursive: true });
  }

  /** Another checkout. */
  checkout(name: string): string {
    const root = path.join(this.folder, name);
    mkdirSync(path.join(root, 'config', 'environments'), { recursive: true });
    writeFileSync(path.join(root, 'main.ts'), '');
    for (const environment of ['dev', 'trial'])
      writeFileSync(path.join(root, 'config', 'environments', `${environment}.ts`), '');
    return root;
  }

  /** Has synthesis describe these stacks of an environment. */
  describe(name: string, units: readonly Unit[] = ['platform', 'data', 'application']): void {
    const output = path.join(this.#world, 'described', name);
    const stacks = units.map((unit) => [unit, described(name)[unit]] as const);
    const listed = stacks.map(([unit, resource], index, all) => {
      const stack = `${name}-${unit}`;
      const workingDirectory = `stacks/${stack}`;
      mkdirSync(path.join(output, workingDirectory), { recursive: true });
      const backend = { kubernetes: { namespace: 'state', secret_suffix: `stock-analysis-${stack}` } };
      const whole = { resource, provider: { kubernetes: [{}] }, terraform: { backend } };
      writeFileSync(path.join(output, workingDirectory, 'cdk.tf.json'), JSON.stringify(whole));
      const before = all[index - 1]?.[0];
      return [stack, { name: stack, workingDirectory, dependencies: before ? [`${name}-${before}`] : [] }] as const;
    });
    writeFileSync(path.join(output, 'manifest.json'), JSON.stringify({ stacks: Object.fromEntries(listed) }));
    const [api] = [
      {
        metadata: { ...metadata(name, 'api'), generation: 1 },
        spec: {},
        status: { observedGeneration: 1, readyReplicas: 1 },
      },
    ];
    this.tell('deployments', JSON.stringify({ items: [api] }));
  }

  /** What the programs know. */
  tell(name: string, text: string): void {
    writeFileSync(path.join(this.#world, name), text);
  }

  told(name: string): string[] {
    const file = path.join(this.#world, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** Has a preview be there, as if it had been raised. @param changes of its record */
  raised(name: string, until = '2036-01-01T00:00:00Z', changes: Partial<Preview> = {}): void {
    const stacks = ['platform', 'data', 'application'].map((unit) => ({
      name: `${name}-${unit}`,
      terraform: { backend: { kubernetes: { namespace: 'state', secret_suffix: `stock-analysis-${name}-${unit}` } } },
      provider: { kubernetes: [{}] },
    }));
    const record: Preview & Walked = {
      ...{
        schemaVersion: 1,
        startedAt: new Date().toISOString(),
        steps: [],
        state: 'up',
        operator: { owner: 'ada', host: 'ci' },
      },
      ...{ name, from: 'dev', owner: 'ada', image: 'app:first', monitoring: true, until, stacks },
      namespaces: [`stock-analysis-${name}`],
      ...changes,
    };
    this.page(name, 'preview', JSON.stringify(record));
    this.namespace(`stock-analysis-${name}`, name, { 'janitor/expires': until });
  }

  /** Has the shelf of an environment have a text. */
  page(environment: string, page: string, text: string): void {
    const name = `stockops-${environment}-${page}`;
    const labels = { 'stockanalysis.com/environment': environment, 'app.kubernetes.io/managed-by': 'stockops' };
    this.tell(`maps/${name}`, JSON.stringify({ metadata: { name, labels, resourceVersion: '1' }, data: { text } }));
  }

  /** Has there be a namespace. @param preview whose it is, by its label */
  namespace(name: string, preview: string | undefined, annotations: Readonly<Record<string, string>> = {}): void {
    const labels = preview && { 'stockanalysis.com/preview': preview };
    this.tell(`namespaces/${name}`, JSON.stringify({ metadata: { name, labels, annotations } }));
  }

  /** What Terraform did since it was asked last. */
  did(): string[] {
    const did = this.told('did');
    this.tell('did', '');
    return did.filter(Boolean);
  }

  /** Names of what is there. */
  there(kind: 'maps' | 'namespaces'): string[] {
    return readdirSync(path.join(this.#world, kind)).sort();
  }

  record(name: string): Preview {
    const [text = ''] = this.told(`maps/stockops-${name}-preview`);
    return JSON.parse(JSON.parse(text).data.text);
  }

  up(name: string, changes: Partial<RaiseOptions> = {}): Promise<Preview> {
    return raise({ name, hours: 24, ...this.#asked, ...changes });
  }

  down(name: string, root = this.root) {
    return takeDown({ name, ...this.#asked, root });
  }

  look(name: string, progress = new Progress(false)) {
    return lookAtPreview({ name, ...this.#asked, progress });
  }

  reap(dryRun = false) {
    return reap({ dryRun, ...this.#asked });
  }

  get #asked() {
    return { from: 'dev', root: this.root, progress: new Progress(false), signal: new AbortController().signal };
  }
}
