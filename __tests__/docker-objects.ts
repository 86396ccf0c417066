import type { SynthesizedStack } from './synthesized';

/** The parts of the provider's resources that the tests look at, as Terraform gets them. */
export interface DockerContainer {
  name: string;
  image: string;
  entrypoint?: string[];
  command?: string[];
  env?: string[];
  user?: string;
  read_only?: boolean;
  privileged?: boolean;
  init?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  security_opts?: string[];
  tmpfs?: Record<string, string>;
  shm_size?: number;
  mounts?: Array<{ type: string; source: string; target: string; read_only?: boolean }>;
  memory?: number;
  memory_swap?: number;
  cpu_period?: number;
  cpu_quota?: number;
  ulimit?: Array<{ name: string; soft: number; hard: number }>;
  network_mode?: string;
  networks_advanced?: Array<{ name: string; aliases?: string[] }>;
  ports?: Array<{ internal: number; external?: number; ip?: string; protocol?: string }>;
  log_driver?: string;
  log_opts?: Record<string, string>;
  restart?: string;
  healthcheck?: { test: string[]; interval?: string; timeout?: string; retries?: number; start_period?: string };
  wait?: boolean;
  wait_timeout?: number;
  stop_timeout?: number;
  destroy_grace_seconds?: number;
  labels?: Array<{ label: string; value: string }>;
  start?: boolean;
  must_run?: boolean;
  attach?: boolean;
  upload?: Array<{ file: string; permissions: string; content?: string; source?: string }>;
}

export interface DockerVolume {
  name: string;
  labels?: Array<{ label: string; value: string }>;
}

export interface DockerNetwork {
  name: string;
  internal?: boolean;
}

export interface DockerImage {
  name: string;
  build?: { context: string; dockerfile: string; build_args: Record<string, string> };
  triggers?: Record<string, string>;
}

/** The containers of a stack that run something; those that only carry files are left out. */
export const startedContainers = (stack: SynthesizedStack): Array<[name: string, DockerContainer]> =>
  Object.entries(stack.resources<DockerContainer>('docker_container')).filter(([, { start }]) => start !== false);

/** The containers of a stack that are its workloads, by component; those that prepare or accompany one are left out. */
export const runningContainers = (stack: SynthesizedStack): Array<[component: string, DockerContainer]> =>
  startedContainers(stack).filter(([name]) => !/-(preparation|companion)$/.test(name));

/** The container of one component. */
export const dockerContainer = (stack: SynthesizedStack, component: string): DockerContainer =>
  stack.resource<DockerContainer>('docker_container', component);

/** What a running container may do that its pod could not, one line each. */
export function containerViolations(component: string, container: DockerContainer): string[] {
  const violations: string[] = [];
  const refuse = (broken: unknown, line: string) => {
    if (broken) violations.push(`${component}: ${line}`);
  };
  refuse(container.privileged, 'privileged');
  refuse(!container.read_only, 'root file system can be written');
  refuse(!/^[1-9]\d*:[1-9]\d*$/.test(container.user ?? ''), `user ${container.user}`);
  refuse(!container.capabilities?.drop?.includes('ALL'), 'keeps capabilities');
  refuse(container.capabilities?.add?.length, 'adds capabilities');
  refuse(!container.security_opts?.includes('no-new-privileges:true'), 'privilege escalation');
  refuse(!container.memory, 'no limit of memory');
  refuse(container.memory !== container.memory_swap, 'swap beyond its memory');
  refuse(!container.cpu_quota || !container.cpu_period, 'no limit of cpu');
  refuse(!container.ulimit?.some(({ name }) => name === 'nproc'), 'no limit of processes');
  refuse(!container.log_opts?.['max-size'] || !container.log_opts['max-file'], 'log grows without end');
  refuse(
    container.ports?.some(({ ip }) => ip !== '127.0.0.1'),
    'port open to other machines',
  );
  refuse(
    container.mounts?.some(({ type }) => type !== 'volume'),
    'mounts a path of its machine',
  );
  refuse(['host', 'default', undefined].includes(container.network_mode), `network ${container.network_mode}`);
  for (const [path, options] of Object.entries(container.tmpfs ?? {})) {
    for (const option of ['noexec', 'nosuid', 'nodev'])
      refuse(!options.split(',').includes(option), `${path}: not ${option}`);
    refuse(!/size=\d+m/.test(options), `${path}: no size limit`);
  }
  return violations;
}
