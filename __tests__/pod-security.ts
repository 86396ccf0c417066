import type { Container, PodSpec, Probe } from './kubernetes-objects';

const allowedVolumes = [
  'empty_dir',
  'persistent_volume_claim',
  'projected',
  'config_map',
  'secret',
  'downward_api',
  'csi',
  'ephemeral',
];
const allowedSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const allowedSelinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const allowedProfiles = ['RuntimeDefault', 'Localhost'];

/**
 * What Pod Security `restricted` of v1.34 would refuse of a pod, one line each; empty for a pod that is admitted.
 * Stricter in one thing: the provider sends a field that is left out as false or empty, so what counts has to be said
 * on every container.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function restrictedViolations(pod: PodSpec): string[] {
  const violations: string[] = [];
  const refuse = (broken: unknown, line: string) => {
    if (broken) violations.push(line);
  };

  refuse(pod.host_network, 'host network');
  refuse(pod.host_pid, 'host process ids');
  refuse(pod.host_ipc, 'host IPC');
  for (const { name, ...source } of pod.volume) {
    const types = Object.keys(source);
    refuse(
      types.length !== 1 || !allowedVolumes.includes(types[0] as string),
      `volume ${name}: type ${types.join(', ')}`,
    );
  }
  for (const { name } of pod.security_context?.sysctl ?? []) refuse(!allowedSysctls.includes(name), `sysctl ${name}`);
  refuse(pod.security_context?.run_as_user === '0', 'pod: user 0');
  refuse(pod.security_context?.run_as_non_root !== true, 'pod: may run as root');
  refuse(unlabelled(pod.security_context?.se_linux_options), 'pod: SELinux options');
  refuse(!allowedProfiles.includes(pod.security_context?.seccomp_profile?.type ?? ''), 'pod: no seccomp profile');

  for (const container of [...(pod.init_container ?? []), ...pod.container]) {
    const { name, security_context: context = {} } = container;
    refuse(context.privileged, `${name}: privileged`);
    refuse(context.allow_privilege_escalation !== false, `${name}: privilege escalation`);
    refuse(context.run_as_non_root !== true, `${name}: may run as root`);
    refuse(context.run_as_user === '0', `${name}: user 0`);
    refuse(!context.capabilities?.drop?.includes('ALL'), `${name}: keeps capabilities`);
    const added = (context.capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE');
    refuse(added.length > 0, `${name}: adds ${added.join(', ')}`);
    refuse(!allowedProfiles.includes(context.seccomp_profile?.type ?? ''), `${name}: no seccomp profile`);
    refuse(unlabelled(context.se_linux_options), `${name}: SELinux options`);
    refuse(
      container.port?.some(({ host_port }) => host_port),
      `${name}: host port`,
    );
    refuse(probesOf(container).some(asksHost), `${name}: probe of another host`);
  }
  return violations;
}

/**
 * What the platform asks of every pod beyond `restricted`, one line each: nothing writable but what is mounted for it,
 * no token, limits for everything, a user that is the same in each container.
 */
export function hardeningViolations(pod: PodSpec): string[] {
  const violations: string[] = [];
  const refuse = (broken: unknown, line: string) => {
    if (broken) violations.push(line);
  };
  refuse(pod.automount_service_account_token !== false, 'token of the cluster is mounted');
  refuse(!pod.service_account_name || pod.service_account_name === 'default', 'account shared with others');
  refuse(pod.enable_service_links !== false, 'addresses of all services in the environment');
  for (const { name, empty_dir } of pod.volume)
    refuse(empty_dir && !empty_dir.size_limit, `volume ${name}: no size limit`);
  for (const container of [...(pod.init_container ?? []), ...pod.container]) {
    const { name, security_context: context = {}, resources } = container;
    refuse(context.read_only_root_filesystem !== true, `${name}: root file system can be written`);
    refuse(context.run_as_user !== pod.security_context?.run_as_user, `${name}: another user than the pod`);
    for (const resource of ['cpu', 'memory', 'ephemeral-storage']) {
      refuse(!resources?.limits?.[resource], `${name}: no limit of ${resource}`);
      refuse(!resources?.requests?.[resource], `${name}: no request of ${resource}`);
    }
    refuse(
      !/[:@]/.test(container.image.split('/').at(-1) as string) || container.image.endsWith(':latest'),
      `${name}: image ${container.image}`,
    );
  }
  return violations;
}

const unlabelled = (options?: { type?: string; user?: string; role?: string }) =>
  options && (!allowedSelinuxTypes.includes(options.type ?? '') || options.user || options.role);

const probesOf = ({ startup_probe, readiness_probe, liveness_probe }: Container): Probe[] =>
  [startup_probe, readiness_probe, liveness_probe].filter((probe) => probe !== undefined);

const asksHost = ({ http_get, tcp_socket }: Probe) => http_get?.host || tcp_socket?.some(({ host }) => host);
