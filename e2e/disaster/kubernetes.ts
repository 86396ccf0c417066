import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { environmentByName } from '../../config/environments';
import { run } from '../terraform';
import { until } from '../until';
import { execute, pipeInto } from './execute';
import type { Target } from './target';

const namespace = 'stock-analysis';
const stateNamespace = 'terraform-state';
const agentsNamespace = 'stock-analysis-agents';
const machineNamespace = 'stock-analysis-disaster';
const storeMark = 'stockops-store.json';
const localPort = 18_080;
const podSeconds = 180;
const stateful: readonly string[] = ['postgres', 'queue', 'backup'];

/** The dev environment, in the cluster of KUBE_CONFIG_PATH. */
export class KubernetesTarget implements Target {
  readonly config = environmentByName('dev');
  readonly gateway = `http://localhost:${localPort}`;
  readonly #kubeconfig: string;
  #forward: ChildProcess | undefined;

  constructor() {
    const kubeconfig = process.env.KUBE_CONFIG_PATH;
    if (!kubeconfig)
      throw new Error('set KUBE_CONFIG_PATH to the kubeconfig of a cluster that may be used; see docs/end-to-end.md');
    this.#kubeconfig = kubeconfig;
  }

  refuseToOverwrite(): void {
    for (const name of [namespace, stateNamespace, machineNamespace]) {
      const found = this.#kubectlNow('get', 'namespace', name, '--ignore-not-found', '-o', 'name');
      assert.equal(found, '', `namespace ${name} exists; this script deletes it at the end: choose another cluster`);
    }
  }

  begin(): void {
    this.#kubectlNow('create', 'namespace', stateNamespace);
    this.#kubectlNow('create', 'namespace', machineNamespace);
    const { repository, tag } = this.config.images.application;
    const container = {
      name: 'machine',
      image: `${repository}:${tag}`,
      imagePullPolicy: 'IfNotPresent',
      command: ['node', '-e', 'setInterval(() => {}, 60_000)'],
      securityContext: { runAsUser: 0 },
    };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'machine' },
      spec: { hostPID: true, terminationGracePeriodSeconds: 0, containers: [container] },
    };
    const overrides = `--overrides=${JSON.stringify(pod)}`;
    this.#kubectlNow('run', 'machine', '-n', machineNamespace, `--image=${container.image}`, overrides);
    this.#kubectlNow('wait', 'pod/machine', '-n', machineNamespace, '--for=condition=Ready', '--timeout=60s');
  }

  async end(): Promise<void> {
    this.#forward?.kill();
    this.#kubectlNow('delete', 'namespace', machineNamespace, stateNamespace);
    assert.equal(this.#kubectlNow('get', 'namespace', namespace, '--ignore-not-found'), '', 'nothing is left');
  }

  async openGateway(): Promise<void> {
    const where = ['-n', namespace, 'service/stock-analysis-gateway', `${localPort}:8080`];
    const forward = spawn('kubectl', ['--kubeconfig', this.#kubeconfig, 'port-forward', ...where], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#forward = forward;
    await once(forward.stdout, 'data');
    forward.stdout.resume();
  }

  inside(component: string, words: readonly string[], inputFile?: string): Promise<string> {
    const how = inputFile === undefined ? [] : ['-i'];
    return this.#kubectl(['exec', ...how, this.#setOf(component), '-c', component, '--', ...words], inputFile);
  }

  async stop(components: readonly string[]): Promise<void> {
    await this.#scale(components, 0);
    const gone = components.map((component) =>
      this.#kubectl(['wait', 'pods', '-l', label(component), '--for=delete', `--timeout=${podSeconds}s`]),
    );
    await Promise.all(gone);
  }

  async start(components: readonly string[]): Promise<void> {
    await this.#scale(components, 1);
    for (const component of components)
      await this.#kubectl(['rollout', 'status', this.#setOf(component), `--timeout=${podSeconds}s`]);
  }

  async destroyDatabase(): Promise<void> {
    const claim = 'stock-analysis-postgres-data';
    const volume = await this.#kubectl(['get', 'pvc', claim, '-o', 'jsonpath={.spec.volumeName}']);
    await this.stop(['postgres']);
    await this.#kubectl(['delete', 'pvc', claim, `--timeout=${podSeconds}s`]);
    await this.#kubectl(['wait', `pv/${volume}`, '--for=delete', `--timeout=${podSeconds}s`]);
  }

  async destroyEverything(): Promise<void> {
    this.#forward?.kill();
    const volumes = await this.#kubectl(['get', 'pvc', '-o', 'jsonpath={.items[*].spec.volumeName}']);
    const namespaces = [namespace, agentsNamespace, stateNamespace];
    await this.#kubectl(['delete', 'namespace', ...namespaces, `--timeout=${podSeconds}s`]);
    for (const volume of volumes.split(' '))
      await this.#kubectl(['wait', `pv/${volume}`, '--for=delete', '--timeout=60s']);
  }

  async fetchFromStore(names: readonly string[], folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const where = ['--kubeconfig', this.#kubeconfig, '-n', namespace, 'exec', this.#setOf('backup'), '-c', 'backup'];
    const from = ['kubectl', ...where, '--', 'tar', '--create', '--directory', '/backup/store', storeMark, ...names];
    await pipeInto(from, ['tar', '--extract', '--ignore-zeros', '--directory', folder]);
  }

  async remove(component: string): Promise<void> {
    await this.#kubectl(['delete', 'pod', '-l', label(component), `--timeout=${podSeconds}s`]);
    await this.#kubectl(['rollout', 'status', this.#setOf(component), `--timeout=${podSeconds}s`]);
  }

  async containerOf(component: string): Promise<string> {
    const id = await this.#status(component, 'containerID');
    return id.replace(/^.*:\/\//, '');
  }

  async restartsOf(component: string): Promise<number> {
    return Number(await this.#status(component, 'restartCount'));
  }

  onMachine(script: string, words: readonly string[]): Promise<string> {
    const where = ['--kubeconfig', this.#kubeconfig, '-n', machineNamespace];
    return execute('kubectl', [...where, 'exec', 'machine', '--', 'node', '-e', script, ...words]);
  }

  async #scale(components: readonly string[], replicas: number): Promise<void> {
    await this.#kubectl(['scale', ...components.map((component) => this.#setOf(component)), `--replicas=${replicas}`]);
  }

  /** A field of a container's status; there is none while its pod is being made. */
  async #status(component: string, field: string): Promise<string> {
    const where = `jsonpath={.items[0].status.containerStatuses[?(@.name=="${component}")].${field}}`;
    let found = '';
    const isKnown = await until(podSeconds, async () => {
      found = await this.#kubectl(['get', 'pods', '-l', label(component), '-o', where]);
      return found !== '';
    });
    assert.ok(isKnown, `the container of ${component} is there`);
    return found;
  }

  #setOf(component: string): string {
    return `${stateful.includes(component) ? 'statefulset' : 'deployment'}/stock-analysis-${component}`;
  }

  #kubectl(words: readonly string[], inputFile?: string): Promise<string> {
    return execute('kubectl', ['--kubeconfig', this.#kubeconfig, '-n', namespace, ...words], inputFile);
  }

  #kubectlNow(...words: string[]): string {
    return run('kubectl', ['--kubeconfig', this.#kubeconfig, ...words]);
  }
}

const label = (component: string): string => `app.kubernetes.io/name=${component}`;
