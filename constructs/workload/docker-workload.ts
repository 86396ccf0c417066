import { Container, type ContainerConfig, type ContainerMounts } from '@cdktf/provider-docker/lib/container';
import type { Image } from '@cdktf/provider-docker/lib/image';
import { Volume } from '@cdktf/provider-docker/lib/volume';
import { Construct } from 'constructs';
import type { Place } from '../../config/place';
import { addressOf, resourceId } from './address';
import { rootFromStack } from './backend';
import { companionName } from './companion';
import { outside } from './connections';
import { type DataVolume, dataVolumeName } from './data-volume';
import { waitForSchedule } from './docker-schedule';
import { Environment } from './environment';
import {
  described,
  type FileSource,
  type Files,
  filesFingerprint,
  fingerprint,
  folderOf,
  isReread,
  isText,
  type SecretFile,
  textOf,
} from './files';
import { commonLabels, runningLabels, systemLabels } from './labels';
import { literal } from './literal';
import { resourceName } from './naming';
import type { Peer } from './peer';
import { secretFolder } from './secret-files';
import {
  type Companion,
  filesDirectory,
  isLongRunning,
  type LongRunningProps,
  type Probes,
  type Workload,
  type WorkloadProps,
} from './workload';

export interface DockerWorkloadProps {
  readonly workload: Workload;
  readonly image: Image;
  /** That of its companion, where it has one. */
  readonly companionImage?: Image;
}

/** Processes and threads of one user, over all its containers; provider 3.6 has no limit per container. */
const processLimit = 1024;

/** No check, not even the image's: a run's outcome is in its log, and some images have nothing to ask with. Times of zero would be taken for the image's. */
const unwatched = { test: ['NONE'], interval: '1m0s', timeout: '1m0s', startPeriod: '1m0s', retries: 1 };

/** The scheduling period of which a container's processor quota is a share: the kernel's default. */
const cpuPeriodMicroseconds = 100_000;

/** The network of everything that is reached from outside. */
export const edgeNetwork = (place: Place): string => resourceName(place, 'edge');
/** The network through which hosts outside are reached. */
export const departureNetwork = (place: Place): string => resourceName(place, 'departure');
/** The network of a server and its clients. */
export const networkOf = (server: Peer): string => server.name;

/**
 * A workload as one container with the protections its pod would have: a user, a read-only root, no capabilities, no
 * new privileges, limits, a health check, rotated logs; data in a volume of its own.
 */
export class DockerWorkload extends Construct {
  private readonly workload: Workload;
  private readonly environment: Environment;
  private readonly image: Image;
  private readonly labels: Label[];
  private readonly containerLabels: Label[];
  private readonly main: Container;
  private readonly preparation: Container | undefined;

  constructor(scope: Construct, id: string, props: DockerWorkloadProps) {
    super(scope, id);
    this.workload = props.workload;
    this.environment = Environment.of(props.workload);
    this.image = props.image;
    const labelled = { ...props.workload.props, name: props.workload.name };
    this.labels = asLabels(commonLabels(labelled));
    this.containerLabels = asLabels(runningLabels(labelled, props.workload.props.image.version));

    this.preparation = this.addPreparation();
    const files = this.addFiles(this.workload.files);
    this.main = this.addContainer([...files.map(({ mount }) => mount), ...this.addData()], files);
    if (this.workload.companion && props.companionImage)
      this.addCompanion(this.workload.companion, props.companionImage);
  }

  /** Starts, and starts anew, after `server`. */
  startAfter(server: DockerWorkload): void {
    const address = addressOf(server.main);
    if (this.preparation) this.preparation.dependsOn = [...(this.preparation.dependsOn ?? []), address];
    this.main.dependsOn = [...(this.main.dependsOn ?? []), address];
    this.main.lifecycle = {
      ...this.main.lifecycle,
      replaceTriggeredBy: [...(this.main.lifecycle?.replaceTriggeredBy ?? []), address],
    };
  }

  private addContainer(mounts: ContainerMounts[], files: readonly CarriedFiles[]): Container {
    const { props } = this.workload;
    const before = this.preparation ? [this.preparation] : [];
    const lifecycle = {
      replaceTriggeredBy: [...files.map(({ volume }) => volume), ...before].map((resource) => addressOf(resource)),
    };
    return new Container(this, resourceId(this.workload, 'container'), {
      ...this.contained(checkOf(props)),
      dependsOn: [...files.map(({ carrier }) => carrier), ...before],
      lifecycle,
      name: this.workload.name,
      ...this.commandLine(),
      env: variables(this.workload.environment),
      mounts,
      ...this.network([this.workload.name, ...(this.workload.replicasName ? [this.workload.replicasName] : [])]),
      ports: this.publishedPorts(),
      restart: props.kind === 'once' ? 'no' : 'unless-stopped',
      ...(isLongRunning(props) && waitedFor(props)),
      ...(props.kind === 'once' && endedWell(lifecycle)),
    });
  }

  /**
   * The preparations run to their end in a container of their own, which has what they are given and the workload's own
   * container is not.
   */
  private addPreparation(): Container | undefined {
    const { preparations, preparationFiles, preparationEnvironment } = this.workload;
    if (preparations.length === 0) return undefined;
    const files = this.addFiles(preparationFiles, 'preparation');
    const steps = preparations.map(({ command }) => command.map(shellWord).join(' ')).join(' && ');
    return new Container(this, resourceId(this.workload, 'container', 'preparation'), {
      ...this.contained(unwatched),
      dependsOn: files.map(({ carrier }) => carrier),
      name: `${this.workload.name}-preparation`,
      entrypoint: ['/bin/sh', '-c', literal(untilDone(preparationSeconds)), 'sh'],
      command: ['/bin/sh', '-c', literal(steps)],
      env: variables(preparationEnvironment),
      mounts: files.map(({ mount }) => mount),
      ...this.network([]),
      restart: 'no',
      ...endedWell({ replaceTriggeredBy: files.map(({ volume }) => addressOf(volume)) }),
    });
  }

  /** It shares nothing with the main container but the network on which both are reached. */
  private addCompanion(companion: Companion, image: Image): void {
    new Container(this, resourceId(this.workload, 'container', 'companion'), {
      ...this.contained(unwatched, { ...companion, user: this.workload.props.user }, image),
      name: companionName(this.workload.name),
      entrypoint: companion.command.map(literal),
      env: variables(companion.environment ?? {}),
      networkMode: 'bridge',
      networksAdvanced: [{ name: networkOf(this.workload) }],
      restart: 'unless-stopped',
    });
  }

  /** How every container of the workload is contained. */
  private contained(check: Healthcheck, props: Contained = this.workload.props, image: Image = this.image) {
    const { uid, gid } = props.user;
    const fixed = fixedAtCreation(props, check);
    return {
      image: image.imageId,
      user: `${uid}:${gid}`,
      readOnly: true,
      capabilities: { drop: ['ALL'] },
      securityOpts: ['no-new-privileges:true'],
      init: true,
      ...fixed,
      shmSize: props.scratchMiB?.['/dev/shm'],
      memory: props.memoryMiB,
      memorySwap: props.memoryMiB,
      ulimit: [{ name: 'nproc', soft: processLimit, hard: processLimit }],
      logDriver: 'json-file',
      // With the label in each line its reader knows whose log it is, without asking the engine.
      logOpts: { 'max-size': '10m', 'max-file': '3', labels: 'app.kubernetes.io/name' },
      labels: [...this.containerLabels, { label: 'stockanalysis.com/settings', value: fingerprint(fixed) }],
    };
  }

  private commandLine(): { entrypoint?: string[]; command?: string[] } {
    const { props } = this.workload;
    const command = (props.command ?? []).map(literal);
    if (props.kind === 'scheduled') {
      return { entrypoint: ['/bin/sh', '-c', literal(waitForSchedule(props)), 'sh'], command };
    }
    if (props.kind === 'once') {
      return { entrypoint: ['/bin/sh', '-c', literal(untilDone(props.timeLimitSeconds)), 'sh'], command };
    }
    return command.length > 0 ? { entrypoint: command } : {};
  }

  /** One volume for what a restart brings, and one for each folder whose files are reread. */
  private addFiles(all: Files, ...whose: string[]): CarriedFiles[] {
    const files = Object.entries(all);
    const fixed = files.filter(([, source]) => !isReread(source));
    const folders = new Set(files.filter(([, source]) => isReread(source)).map(([path]) => folderOf(path)));
    const carried = [...folders].map((folder) =>
      this.carry(Object.fromEntries(files.filter(([path]) => folderOf(path) === folder)), whose, folder),
    );
    // A place for each folder to be mounted at: a volume that is mounted read-only takes no new one.
    const places = [...folders].map((folder): [string, FileSource] => [`${folder}/.reread`, { content: '' }]);
    if (fixed.length + places.length === 0) return carried;
    return [this.carry(Object.fromEntries([...fixed, ...places]), whose), ...carried];
  }

  /**
   * The files are carried into a volume by a container that is made and never started: the engine uploads into no
   * container with a read-only root, and a bind mount would need secrets that others may read. The volume is named after
   * what makes its reader start again, the texts or, of files that are reread, their names; the provider takes another
   * mount for a change in place, so the containers are told to be replaced with their volume.
   */
  private carry(files: Files, whose: readonly string[], folder?: string): CarriedFiles {
    const suffix = [...whose, 'files', ...(folder ? [folder] : [])];
    const name = [this.workload.name, ...suffix].join('-');
    const version = folder ? fingerprint(Object.keys(files)) : filesFingerprint(files);
    const volume = new Volume(this, resourceId(this.workload, 'volume', ...suffix), {
      name: `${name}-${version.slice(0, 12)}`,
      labels: this.labels,
    });
    const target = [filesDirectory, ...(folder ? [folder] : [])].join('/');
    const mount = { type: 'volume', source: volume.name, target };
    const carrier = new Container(this, resourceId(this.workload, 'container', ...suffix), {
      name,
      image: this.image.imageId,
      start: false,
      mustRun: false,
      restart: 'no',
      networkMode: 'none',
      mounts: [mount],
      lifecycle: { replaceTriggeredBy: [addressOf(volume)] },
      upload: Object.entries(files).map(([path, source]) => ({
        file: `${filesDirectory}/${path}`,
        permissions: '0444',
        ...(isText(source) ? uploaded(textOf(source)) : { source: secretFilePath(source) }),
      })),
      labels: [...this.containerLabels, ...revisionsOf(files)],
    });
    return { mount: { ...mount, readOnly: true }, volume, carrier };
  }

  private addData(): ContainerMounts[] {
    const { props } = this.workload;
    if (props.kind === 'agent') {
      return props.host.paths.map(({ path, mountPath, isWritable }) => ({
        type: 'bind',
        source: path,
        target: mountPath,
        readOnly: !isWritable,
      }));
    }
    if (props.kind !== 'stateful') return [];
    const mounts = props.volumes.map((data) => ({
      type: 'volume',
      source: this.addVolume(data).name,
      target: data.path,
    }));
    for (const kept of props.keptVolumes ?? []) this.addVolume(kept);
    return mounts;
  }

  private addVolume(data: DataVolume): Volume {
    const name = dataVolumeName(data);
    return new Volume(this, resourceId(this.workload, 'volume', name), {
      name: this.workload.volumeName(data),
      // Only what never changes: another label is another volume, and the old one's data is gone.
      labels: asLabels({ ...this.workload.pods.labels, ...systemLabels }),
      lifecycle: { preventDestroy: this.environment.config.deletionProtection },
    });
  }

  private network(aliases: string[]): Pick<ContainerConfig, 'networkMode' | 'networksAdvanced'> {
    const { props } = this.workload;
    if (props.kind === 'agent' && props.host.network) return { networkMode: 'host' };
    const names = this.networks();
    return {
      networkMode: names.length > 0 ? 'bridge' : 'none',
      networksAdvanced: names.map((name) => ({ name, aliases })),
    };
  }

  private networks(): string[] {
    const { config, connections } = this.environment;
    const into = connections.into(this.workload);
    return [
      ...(this.workload.companion || into.some(({ from }) => from !== outside) ? [networkOf(this.workload)] : []),
      ...(into.some(({ from }) => from === outside) ? [edgeNetwork(config)] : []),
      ...new Set(
        connections.outOf(this.workload).map(({ to }) => (to.pods ? networkOf(to) : departureNetwork(config))),
      ),
    ].sort();
  }

  private publishedPorts() {
    return this.environment.connections
      .into(this.workload)
      .filter(({ from }) => from === outside)
      .flatMap(({ port, localPort, addresses = ['127.0.0.1'] }) =>
        addresses.map((ip) => ({
          internal: this.workload.port(port),
          external: localPort,
          ip,
          protocol: this.workload.protocol(port) === 'UDP' ? 'udp' : undefined,
        })),
      );
  }
}

type Healthcheck = ContainerConfig['healthcheck'];

/** What says how a container is contained. */
type Contained = Pick<WorkloadProps, 'user' | 'cpuMillicores' | 'memoryMiB' | 'scratchMiB'>;

/**
 * What the provider takes for a change in place and then does not change: a label with its fingerprint makes every
 * change of it a new container.
 */
function fixedAtCreation({ user: { uid, gid }, scratchMiB = {}, cpuMillicores }: Contained, check: Healthcheck) {
  const scratch = Object.entries(scratchMiB).filter(([path]) => path !== '/dev/shm');
  return {
    tmpfs: Object.fromEntries(
      scratch.map(([path, sizeMiB]) => [
        path,
        `rw,noexec,nosuid,nodev,size=${sizeMiB}m,uid=${uid},gid=${gid},mode=0700`,
      ]),
    ),
    // Provider 3.6.2 crashes on `cpus`.
    cpuPeriod: cpuPeriodMicroseconds,
    cpuQuota: (cpuMillicores * cpuPeriodMicroseconds) / 1000,
    healthcheck: check,
  };
}

const checkOf = (props: WorkloadProps) =>
  isLongRunning(props) && props.probes.readiness.check.command
    ? healthcheck(props.probes, props.probes.readiness.check.command)
    : unwatched;

/** Docker asks one question: the one that decides whether there is traffic. */
const healthcheck = ({ startup, readiness }: Probes, command: readonly string[]) => ({
  test: ['CMD', ...command.map(literal)],
  interval: duration(readiness.periodSeconds),
  timeout: duration(readiness.timeoutSeconds),
  retries: readiness.failureThreshold,
  startPeriod: duration(startup.periodSeconds * startup.failureThreshold),
});

/** An apply ends when a container that can be asked is healthy; without the grace the provider kills it at once. */
const waitedFor = ({ probes, terminationGracePeriodSeconds = 30 }: LongRunningProps) => ({
  ...(probes.readiness.check.command && { wait: true, waitTimeout: 300 }),
  stopTimeout: terminationGracePeriodSeconds,
  destroyGraceSeconds: terminationGracePeriodSeconds,
});

/**
 * Waits for the end, and fails the apply where that was not a good one.
 * @see https://developer.hashicorp.com/terraform/language/expressions/custom-conditions
 */
const endedWell = (lifecycle: object) => ({
  attach: true,
  logs: true,
  mustRun: false,
  lifecycle: {
    ...lifecycle,
    postcondition: [
      {
        condition: '${self.exit_code == 0}',
        errorMessage: 'The task ended with status ${self.exit_code}: ${self.container_logs}',
      },
    ],
  },
});

/** How long the preparations of a workload may take, all attempts together. */
const preparationSeconds = 300;

/** Seconds between two attempts of a task; what it needs may still be starting. */
const retrySeconds = 5;

/** A shell script that runs its arguments until they succeed, as a Job does, and gives up after `timeLimitSeconds`. */
const untilDone = (timeLimitSeconds: number) =>
  [
    `end=$(($(date +%s) + ${timeLimitSeconds}))`,
    'until timeout $((end - $(date +%s))) "$@"; do',
    '  status=$?',
    `  [ $(($(date +%s) + ${retrySeconds})) -lt $end ] || exit $status`,
    `  sleep ${retrySeconds}`,
    'done',
  ].join('\n');

/** A volume with files of a workload, how it is mounted, and the container that carries the files into it. */
interface CarriedFiles {
  readonly mount: ContainerMounts;
  readonly volume: Volume;
  readonly carrier: Container;
}

const variables = (environment: Readonly<Record<string, string>>) =>
  Object.entries(environment).map(([key, value]) => `${key}=${literal(value)}`);

interface Label {
  readonly label: string;
  readonly value: string;
}

const asLabels = (labels: Record<string, string>): Label[] =>
  Object.entries(labels).map(([label, value]) => ({ label, value }));

/** The provider takes an empty text for none. */
const uploaded = (text: string) => (text === '' ? { source: '/dev/null' } : { content: literal(text) });

/** Of a secret the provider knows a path alone: another revision is another label, which has what is reread carried again. */
const revisionsOf = (files: Files) => {
  const reread = Object.entries(files).filter(([, source]) => isReread(source) && !isText(source));
  return reread.length === 0 ? [] : [{ label: 'stockanalysis.com/secrets', value: fingerprint(reread.map(described)) }];
};

/** Where a secret's value is on the machine that applies, seen from the stack's folder. */
const secretFilePath = ({ secret, key }: SecretFile) => `${rootFromStack}/${secretFolder(secret)}/${key}`;

/** As the engine prints it back, or every later plan would want to change it: 90 is `1m30s`. */
const duration = (seconds: number) => (seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`);

const shellWord = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
