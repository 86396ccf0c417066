// What the manual asks of a host (7.3, 8.1). A higher value that is there already stays.

/** Parameters of the kernel. */
export const kernelParameters = [
  { key: 'net.core.somaxconn', value: 65_535, why: 'connections that wait to be accepted' },
  { key: 'net.ipv4.tcp_max_syn_backlog', value: 65_535, why: 'connections that are being made' },
  { key: 'fs.file-max', value: 100_000, why: 'open files of the whole system' },
] as const;

/** Open files of one process. */
export const openFiles = 65_535;

/** Services that get as many, where the host has them. */
export const services = ['docker.service', 'containerd.service'] as const;

/** Ports that are open to everybody beside that of SSH. The API's own, 8000, is never one of them. */
export const openPorts = [80, 443] as const;
export const apiPort = 8000;
