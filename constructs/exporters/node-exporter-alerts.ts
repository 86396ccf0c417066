import type { Alert } from '../workload/observations';

// A device that is mounted in many places is one; what is in memory is none.
const onDisk = (metric: string) => `${metric}{fstype!~"tmpfs|ramfs|overlay|squashfs|erofs|iso9660"}`;
/** In a cluster the node has a name, on an engine the exporter alone has. */
const machine = 'instance, node';
const byDevice = (machine: string, expression: string) => `min by (${machine}, device) (${expression})`;
const shareLeft = (left: string, all: string) => (machine: string) =>
  `${byDevice(machine, onDisk(left))} / ${byDevice(machine, onDisk(all))}`;
/** Shares of each disk, by the labels of the machine. */
export const bytesLeft = shareLeft('node_filesystem_avail_bytes', 'node_filesystem_size_bytes');
export const inodesLeft = shareLeft('node_filesystem_files_free', 'node_filesystem_files');
const goneInADay = (metric: string) => `${byDevice(machine, `predict_linear(${onDisk(metric)}[6h], 86400)`)} < 0`;

/** What is told of the machines: their disks before they are full, and their memory. */
export const nodeExporterAlerts: readonly Alert[] = [
  {
    name: 'HostDiskFull',
    expression: `${bytesLeft(machine)} < 0.05`,
    forSeconds: 300,
    severity: 'critical',
    summary: 'A disk is full',
    description:
      '{{ $labels.device }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} of its space left',
    explains: ['HostDiskFills'],
  },
  {
    name: 'HostDiskFills',
    expression: `${bytesLeft(machine)} < 0.4 and ${goneInADay('node_filesystem_avail_bytes')}`,
    forSeconds: 3600,
    severity: 'warning',
    summary: 'A disk will be full within a day',
    description:
      '{{ $labels.device }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} of its space left; at the pace of the last 6 hours that is gone in a day',
  },
  {
    name: 'HostInodesGone',
    expression: `${inodesLeft(machine)} < 0.05`,
    forSeconds: 300,
    severity: 'critical',
    summary: 'A disk takes no more files',
    description:
      '{{ $labels.device }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} of its inodes left',
    explains: ['HostInodesFill'],
  },
  {
    name: 'HostInodesFill',
    expression: `${inodesLeft(machine)} < 0.4 and ${goneInADay('node_filesystem_files_free')}`,
    forSeconds: 3600,
    severity: 'warning',
    summary: 'A disk will take no more files within a day',
    description:
      '{{ $labels.device }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} of its inodes left; at the pace of the last 6 hours they are gone in a day',
  },
  {
    name: 'HostMemoryLow',
    expression: 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.05',
    forSeconds: 600,
    severity: 'critical',
    summary: 'A machine has hardly any memory left',
    description: '{{ $labels.instance }} has {{ $value | humanizePercentage }} of its memory left',
  },
  {
    name: 'HostKillsProcesses',
    expression: 'increase(node_vmstat_oom_kill[30m]) > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'A machine ended processes for want of memory',
    description:
      '{{ $labels.instance }} ended {{ $value | printf "%.0f" }} processes in 30 minutes: its own memory, or the limit of a container',
  },
];
