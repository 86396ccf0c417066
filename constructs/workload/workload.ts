import { Construct } from 'constructs';
import type { Scale } from '../../config/fields';
import { type BoundaryName, namespaceOf } from './boundary';
import { type ClusterAccess, refuseImpossibleAccess } from './cluster-access';
import type { Given, Grant } from './connections';
import { claimOf, type DataVolume, dataVolumeName } from './data-volume';
import { Environment } from './environment';
import { type FileSource, type Files, filesDirectory, isSameSource, isText, refuseImpossibleFiles } from './files';
import type { ContainerImage } from './image';
import { selectorLabels } from './labels';
import { resourceName } from './naming';
import type { Peer, Pods, Protocol } from './peer';
import { parseSchedule } from './schedule';

export { type FileSource, filesDirectory };

/**
 * A question asked of a running container: by a command in it, whose exit status 0 means yes and which engines without HTTP
 * probes ask, or over HTTP, for targets that can ask it from outside. Where there is nothing in the image to ask with, an engine
 * takes it to be well while it runs.
 */
export type Check =
  | { readonly command: readonly string[]; readonly http?: Page }
  | { readonly command?: undefined; readonly http: Page };

/** What is asked for over HTTP. */
interface Page {
  readonly port: string;
  readonly path: string;
}

export interface Probe {
  readonly check: Check;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  /** Times in a row the check has to fail. */
  readonly failureThreshold: number;
}

/** Startup holds the other two back, readiness stops traffic, liveness restarts. */
export interface Probes {
  readonly startup: Probe;
  readonly readiness: Probe;
  readonly liveness: Probe;
}

/** A whole command of the same image that has to succeed before the workload starts. */
export interface Preparation {
  readonly name: string;
  readonly command: readonly string[];
}

interface ContainerProps {
  /** Name of the component, the last part of every name made from it. */
  readonly component: string;
  /** What the component is to the system, e.g. `database`. */
  readonly purpose: string;
  readonly image: ContainerImage;
  /** The whole command; needs to be said where something runs before or around it. @default - the image's */
  readonly command?: readonly string[];
  /** Numeric user and group; 0 only for an agent that says why. */
  readonly user: { readonly uid: number; readonly gid: number };
  /** Port name to number, of TCP where it does not say otherwise. @default - listens on nothing */
  readonly ports?: Readonly<Record<string, number | { readonly number: number; readonly protocol: Protocol }>>;
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Path below `filesDirectory` to content. @default - none */
  readonly files?: Files;
  /** Directories that may be written and are lost with the container: path to size in MiB. @default - none */
  readonly scratchMiB?: Readonly<Record<string, number>>;
  /** CPU request and limit in thousandths of a core. */
  readonly cpuMillicores: number;
  /** Memory request and limit in MiB. */
  readonly memoryMiB: number;
  /** What it may ask the API of the cluster it runs in; a Docker engine has none. @default - nothing, and no token */
  readonly clusterAccess?: ClusterAccess;
}

export interface LongRunningProps extends ContainerProps {
  readonly probes: Probes;
  /** Time between the signal to stop and SIGKILL. @default 30 */
  readonly terminationGracePeriodSeconds?: number;
  /**
   * Time a replica goes on serving after it was taken out of the traffic and before the signal to stop: whoever sends to
   * it has to notice first. Needs `sleep` in the image. One container on Docker has nobody to take over and does not wait.
   * @default 0
   */
  readonly drainSeconds?: number;
}

/**
 * A program beside each replica of a workload, with its user: it looks at what the replica shows to nobody else, where
 * `meetingOf` says. Its own state is no part of the replica's readiness: who looks must not take away what is looked at.
 */
export interface Companion extends Pick<ContainerProps, 'image' | 'cpuMillicores' | 'memoryMiB'> {
  readonly command: readonly string[];
  /** Beside those of the workload: names and numbers that it does not have. */
  readonly ports: Readonly<Record<string, number>>;
  /** @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Restarts the companion alone. */
  readonly liveness: Probe;
}

/** Any number of equal replicas: a Deployment, or one container. */
export interface ServiceProps extends LongRunningProps {
  readonly kind: 'service';
  readonly scale: Scale;
  /**
   * Whether each replica is found by an address of its own too, under `replicasName`: for clients that try again, with another,
   * what one of them did not answer.
   * @default false
   */
  readonly namesReplicas?: boolean;
  /** Rolling keeps the old serving until the new is ready; recreate never runs two versions. @default 'rolling' */
  readonly update?: 'rolling' | 'recreate';
  /** Run in this order before each start; harmless when there is nothing left to do. @default - none */
  readonly preparations?: readonly Preparation[];
  /** @default - each replica is alone */
  readonly companion?: Companion;
}

/** One replica and its volumes, which outlive it: a StatefulSet with a claim for each, or a container with as many volumes. */
export interface StatefulProps extends LongRunningProps {
  readonly kind: 'stateful';
  /** Where it keeps what it is for; and others, with names of their own, for what must not be lost together with that. */
  readonly volumes: readonly [DataVolume, ...DataVolume[]];
  /** Volumes of former times that stay beside them, mounted nowhere. @default - none */
  readonly keptVolumes?: readonly KeptVolume[];
}

export interface KeptVolume extends Required<DataVolume> {
  /** Of the software that wrote it. */
  readonly version: string;
}

/** Runs and ends, again and again: a CronJob, or a container that waits for its next time. */
export interface ScheduledProps extends ContainerProps {
  readonly kind: 'scheduled';
  readonly command: readonly string[];
  /** Five cron fields, in `timeZone`. */
  readonly schedule: string;
  readonly timeZone: 'Asia/Shanghai' | 'UTC';
  /** A run that takes longer is stopped. */
  readonly timeLimitSeconds: number;
}

/** One on each node, looking at the node itself: a DaemonSet, or one container. It lives in the boundary of the agents. */
export interface AgentProps extends LongRunningProps {
  readonly kind: 'agent';
  readonly host: HostAccess;
}

/** What an agent needs of its node, each with the reason that docs/security.md gives. */
export interface HostAccess {
  readonly paths: readonly HostPath[];
  /** Why it runs as root. @default - it does not */
  readonly root?: string;
  /** Why it has the network of the node instead of its own. @default - it has its own */
  readonly network?: string;
}

/** A folder of the node. */
export interface HostPath {
  readonly path: string;
  /** Where it is in the container. */
  readonly mountPath: string;
  /** @default false */
  readonly isWritable?: boolean;
  readonly reason: string;
}

/**
 * Runs to its end once, and again when something that it is made of changes: its image, command, environment or files. What it does may be done
 * any number of times. A Job that nothing removes, or a container that stays after it has ended.
 */
export interface OnceProps extends ContainerProps {
  readonly kind: 'once';
  readonly command: readonly string[];
  /** All attempts together. */
  readonly timeLimitSeconds: number;
}

interface NamedPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: Protocol;
}

export type WorkloadProps = ServiceProps | StatefulProps | ScheduledProps | AgentProps | OnceProps;

/** Where workloads of a kind live. */
export const boundaryOf = (kind: WorkloadProps['kind']): BoundaryName => (kind === 'agent' ? 'agents' : 'workloads');

/** Those that stay: they have probes and are told to stop. */
export const isLongRunning = (props: WorkloadProps): props is ServiceProps | StatefulProps | AgentProps =>
  props.kind !== 'scheduled' && props.kind !== 'once';

/**
 * The one thing a target knows how to run, and all it has to know about it. Components own workloads; each target's
 * renderer turns the same workload into its own resources when the stack is synthesized, after every connection is known.
 *
 * Secure by default: root file system read-only, no capabilities, no privilege escalation, without an option to be
 * otherwise; not root and nothing of the node except for agents, no token of the cluster's API except for `clusterAccess`.
 */
export class Workload extends Construct implements Peer {
  readonly component: string;
  /** Name of the resources, and the host name under which connected workloads reach this one. */
  readonly name: string;
  readonly replicasName?: string;
  readonly pods: Pods;
  readonly props: WorkloadProps;
  private annotated: Readonly<Record<string, string>> = {};
  private readonly granted: ClusterAccess[] = [];
  private readonly connected = new Received();
  private readonly connectedPreparations = new Received();

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    this.component = props.component;
    const { config } = Environment.of(this);
    this.name = resourceName(config, props.component);
    this.props = props;
    if (props.kind === 'service' && props.namesReplicas)
      this.replicasName = resourceName(config, props.component, 'replicas');
    this.pods = {
      namespace: namespaceOf(config, boundaryOf(props.kind)),
      labels: selectorLabels(props.component, this.name),
    };
    refuseImpossible(props);
    this.refuseSecretsOfOthers();
    // Host names are made of it.
    Environment.of(this).claim('component', this.component, this);
  }

  /** Everything in the container's environment, sorted by key. */
  get environment(): Readonly<Record<string, string>> {
    return sorted({ ...this.props.environment, ...this.connected.environment });
  }

  /** Every file below `filesDirectory`, sorted by path. */
  get files(): Files {
    return sorted({ ...this.props.files, ...this.connected.files });
  }

  /** The environment of its preparations: the container's, and what connections give to them alone. */
  get preparationEnvironment(): Readonly<Record<string, string>> {
    return sorted({ ...this.environment, ...this.connectedPreparations.environment });
  }

  /** The files of its preparations: the container's, and what connections give to them alone. */
  get preparationFiles(): Files {
    return sorted({ ...this.files, ...this.connectedPreparations.files });
  }

  /** Commands to run before each start, in their order. */
  get preparations(): readonly Preparation[] {
    return this.props.kind === 'service' ? (this.props.preparations ?? []) : [];
  }

  /** The name of one of its volumes, in a cluster that of the claim. */
  volumeName = (volume: DataVolume): string => claimOf(Environment.of(this).config, this, volume).name;

  /** All its volumes: those it mounts, then those it keeps. */
  get volumes(): readonly DataVolume[] {
    const { props } = this;
    return props.kind === 'stateful' ? [...props.volumes, ...(props.keptVolumes ?? [])] : [];
  }

  /** What runs beside each replica. */
  get companion(): Companion | undefined {
    return this.props.kind === 'service' ? this.props.companion : undefined;
  }

  /** The number of a named port. */
  port(name: string): number {
    return this.namedPort(name).number;
  }

  protocol(name: string): Protocol {
    return this.namedPort(name).protocol;
  }

  /** Every port, in the order they were given, the companion's last. */
  get ports(): readonly NamedPort[] {
    return Object.keys(this.numbers).map((name) => ({ name, ...this.namedPort(name) }));
  }

  /** The ports of the workload's own container. */
  get ownPorts(): readonly NamedPort[] {
    return this.ports.filter(({ name }) => Object.hasOwn(this.props.ports ?? {}, name));
  }

  private get numbers() {
    return { ...this.props.ports, ...this.companion?.ports };
  }

  private refuseSecretsOfOthers(): void {
    for (const [path, source] of Object.entries(this.preparationFiles)) {
      if (isText(source) || source.secret.namespace === this.pods.namespace) continue;
      throw new Error(
        `workload "${this.component}" in namespace "${this.pods.namespace}": file "${path}" is of a secret in "${source.secret.namespace}", allowed: secrets of its own namespace`,
      );
    }
  }

  private namedPort(name: string): { readonly number: number; readonly protocol: Protocol } {
    const { numbers } = this;
    const port = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    if (port === undefined) {
      const known = Object.keys(numbers).join(', ') || 'none';
      throw new Error(`workload "${this.component}" has no port "${name}", its ports: ${known}`);
    }
    return typeof port === 'number' ? { number: port, protocol: 'TCP' } : port;
  }

  /**
   * Has each pod carry what somebody else of the cluster finds it by; on an engine there are none.
   * @throws Error where another value is there already
   */
  annotate(annotations: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(annotations)) {
      const known = this.annotated[name];
      if (known !== undefined && known !== text) {
        throw new Error(
          `workload "${this.component}": annotation "${name}" is already "${known}", not "${text}"; a pod can say one of them`,
        );
      }
    }
    this.annotated = { ...this.annotated, ...annotations };
  }

  /** Lets it ask the API of the cluster for what it turned out to need, too. */
  letAskCluster(access: ClusterAccess): void {
    refuseImpossibleAccess(this.component, access);
    if (!this.granted.includes(access)) this.granted.push(access);
  }

  /** All that it may ask the API of the cluster. */
  get clusterAccess(): readonly ClusterAccess[] {
    return [...(this.props.clusterAccess ? [this.props.clusterAccess] : []), ...this.granted];
  }

  /** What each pod carries, sorted by name. */
  get annotations(): Readonly<Record<string, string>> {
    return sorted({ ...this.annotated });
  }

  /** Adds what a connection brings; only `Connections` calls it. */
  receive({ preparations = {}, ...given }: Grant): void {
    this.connected.add(this.component, given, this);
    if (this.preparations.length > 0) this.connectedPreparations.add(this.component, preparations);
    refuseImpossibleFiles(this.component, this.preparationFiles);
    this.refuseSecretsOfOthers();
  }
}

/** What connections gave to a container. */
class Received {
  environment: Readonly<Record<string, string>> = {};
  files: Files = {};

  /** @param present what the container has besides, which no connection may change */
  add(component: string, given: Given, present: Required<Given> = this): void {
    for (const [key, value] of Object.entries(given.environment ?? {})) {
      const known = present.environment[key];
      if (known !== undefined && known !== value) {
        throw new Error(`workload "${component}": environment "${key}" is already "${known}", not "${value}"`);
      }
    }
    for (const [name, source] of Object.entries(given.files ?? {})) {
      const known = present.files[name];
      if (known !== undefined && !isSameSource(known, source)) {
        throw new Error(`workload "${component}": file "${name}" is already another one`);
      }
    }
    this.environment = { ...this.environment, ...given.environment };
    this.files = { ...this.files, ...given.files };
  }
}

function refuseImpossible(props: WorkloadProps): void {
  const { component, user } = props;
  const mayBeRoot = props.kind === 'agent' && props.host.root;
  if ((user.uid === 0 || user.gid === 0) && !mayBeRoot) {
    throw new Error(`workload "${component}": user ${user.uid}:${user.gid} is root, allowed: a uid and a gid above 0`);
  }
  refuseImpossibleFiles(component, props.files ?? {});
  if (props.clusterAccess) refuseImpossibleAccess(component, props.clusterAccess);
  if (props.kind === 'scheduled') parseSchedule(component, props.schedule);
  if (props.kind === 'agent') refuseImpossibleHost(component, props.host);
  if (props.kind === 'service' && props.companion) refuseSharedPorts(props, props.companion);
  if (props.kind === 'stateful') refuseSharedVolumes(props);
  if (!isLongRunning(props)) return;
  if (props.kind === 'service' && props.preparations && !props.command) {
    throw new Error(`workload "${component}": preparations need the command they come before, it has none`);
  }
  const { readiness, liveness } = props.probes;
  if (JSON.stringify(readiness) === JSON.stringify(liveness)) {
    throw new Error(
      `workload "${component}": readiness and liveness are the same (${wordsOf(readiness.check)}); ` +
        'a pod has to lose its traffic before it is restarted',
    );
  }
  for (const [probe, { check }] of Object.entries(props.probes) as Array<[string, Probe]>) {
    if (check.http && props.ports?.[check.http.port] === undefined) {
      throw new Error(`workload "${component}": ${probe} probe asks port "${check.http.port}", which it does not have`);
    }
  }
}

function refuseSharedPorts({ component, ports = {} }: ServiceProps, companion: Companion): void {
  const numbers = Object.values(ports).map((port) => (typeof port === 'number' ? port : port.number));
  for (const [name, number] of Object.entries(companion.ports)) {
    if (!Object.hasOwn(ports, name) && !numbers.includes(number)) continue;
    throw new Error(
      `workload "${component}": port "${name}" (${number}) of its companion is one of its own, allowed: another name and number`,
    );
  }
}

function refuseSharedVolumes({ component, volumes, keptVolumes = [] }: StatefulProps): void {
  const repeated = (texts: readonly string[]) => texts.find((text, index) => texts.indexOf(text) < index);
  const name = repeated([...volumes, ...keptVolumes].map(dataVolumeName));
  if (name !== undefined) {
    throw new Error(
      `workload "${component}": two of its volumes are called "${name}", allowed: a name of its own each`,
    );
  }
  const path = repeated(volumes.map((volume) => volume.path));
  if (path !== undefined) {
    throw new Error(
      `workload "${component}": two of its volumes are mounted at "${path}", allowed: a path of its own each`,
    );
  }
}

const wordsOf = ({ command, http }: Check): string => command?.join(' ') ?? `${http?.path}`;

function refuseImpossibleHost(component: string, { paths, ...reasons }: HostAccess): void {
  for (const { path, mountPath, reason } of paths) {
    if (!path.startsWith('/') || !mountPath.startsWith('/') || reason.trim() === '') {
      throw new Error(
        `workload "${component}": host path "${path}" at "${mountPath}", allowed: absolute paths and a reason for docs/security.md`,
      );
    }
  }
  for (const [what, reason] of Object.entries(reasons)) {
    if (reason.trim() === '')
      throw new Error(`workload "${component}": host.${what} needs a reason for docs/security.md`);
  }
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
