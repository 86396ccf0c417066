import { dashboard, overTime } from '../grafana/panels';
import type { Dashboard } from '../workload/observations';
import { bytesLeft, inodesLeft } from './node-exporter-alerts';

/** Of the machine's own disks: what is in memory, a file or removable is none. */
const onDisk = '{device!~"loop.*|ram.*|zram.*|sr.*|fd.*"}';

/** A label that tells machines apart. */
type Machine = 'instance' | 'node';

const waiting = (machine: Machine, what: string) => ({
  expression: `max by (${machine}) (rate(node_pressure_${what}_waiting_seconds_total[$__rate_interval]))`,
  legend: `{{${machine}}} ${what}`,
});
const disksMove = (machine: Machine, way: string) => ({
  expression: `sum by (${machine}) (rate(node_disk_${way}_bytes_total${onDisk}[$__rate_interval]))`,
  legend: `{{${machine}}} ${way}`,
});

/**
 * The machines that everything runs on: processors, memory and disks.
 *
 * @param machine in a cluster the node, which outlives the pods of the exporter; on an engine nothing but the exporter has a name
 */
export function machinesDashboard(environment: string, machine: Machine = 'node'): Dashboard {
  const legend = `{{${machine}}}`;
  return dashboard({
    uid: 'stock-machines',
    title: 'Machines',
    description: 'Processors, memory and disks of the machines that everything runs on.',
    environment,
    panels: [
      overTime({
        title: 'Processors busy',
        description: 'Share of the time of all processors of a machine.',
        unit: 'percentunit',
        badFrom: 0.95,
        queries: [
          {
            expression: `1 - avg by (${machine}) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))`,
            legend,
          },
        ],
      }),
      overTime({
        title: 'Memory used',
        description: 'Share of the memory that a program cannot have. From 95 % somebody is told.',
        alerts: ['HostMemoryLow'],
        unit: 'percentunit',
        badFrom: 0.95,
        queries: [
          {
            expression: `1 - min by (${machine}) (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)`,
            legend,
          },
        ],
      }),
      overTime({
        title: 'Programs that wait',
        description:
          'Share of the time in which a program waited for a processor, for memory or for a disk: more than half is a machine that is too small.',
        unit: 'percentunit',
        badFrom: 0.5,
        queries: [waiting(machine, 'cpu'), waiting(machine, 'memory'), waiting(machine, 'io')],
      }),
      overTime({
        title: 'Programs ended for want of memory',
        description: 'In 30 minutes, for the memory of the machine or the limit of a container.',
        alerts: ['HostKillsProcesses'],
        unit: 'short',
        badFrom: 1,
        queries: [{ expression: `max by (${machine}) (increase(node_vmstat_oom_kill[30m]))`, legend }],
      }),
      overTime({
        title: 'Disks filled',
        description: 'Share of each disk. From 95 % somebody is told, and before that when it will be full in a day.',
        alerts: ['HostDiskFull', 'HostDiskFills'],
        unit: 'percentunit',
        badFrom: 0.95,
        queries: [{ expression: `1 - (${bytesLeft(machine)})`, legend: `${legend} {{device}}` }],
      }),
      overTime({
        title: 'Inodes used',
        description: 'Share of the files that each disk may hold. From 95 % somebody is told.',
        alerts: ['HostInodesGone', 'HostInodesFill'],
        unit: 'percentunit',
        badFrom: 0.95,
        queries: [{ expression: `1 - (${inodesLeft(machine)})`, legend: `${legend} {{device}}` }],
      }),
      overTime({
        title: 'Disks read and written',
        description: 'Bytes a second, all disks of a machine together.',
        unit: 'Bps',
        queries: [disksMove(machine, 'read'), disksMove(machine, 'written')],
      }),
      overTime({
        title: 'Disks busy',
        description:
          'Share of the time in which a disk had something to do; one that always has may still be fast enough.',
        unit: 'percentunit',
        queries: [
          {
            expression: `max by (${machine}, device) (rate(node_disk_io_time_seconds_total${onDisk}[$__rate_interval]))`,
            legend: `${legend} {{device}}`,
          },
        ],
      }),
    ],
  });
}
