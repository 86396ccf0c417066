import type { AlertCases } from './alert-case';

const disk = 'instance="a", device="/dev/sda", fstype="ext4"';
/** A disk of 1000, mounted twice, and one in memory that is always full. */
const space = (left: string) => ({
  [`node_filesystem_avail_bytes{${disk}, mountpoint="/"}`]: left,
  [`node_filesystem_avail_bytes{${disk}, mountpoint="/again"}`]: left,
  [`node_filesystem_size_bytes{${disk}, mountpoint="/"}`]: '1000x300',
  [`node_filesystem_size_bytes{${disk}, mountpoint="/again"}`]: '1000x300',
  'node_filesystem_avail_bytes{instance="a", device="tmpfs", fstype="tmpfs"}': '0x300',
  'node_filesystem_size_bytes{instance="a", device="tmpfs", fstype="tmpfs"}': '1000x300',
});
const inodes = (left: string) => ({
  [`node_filesystem_files_free{${disk}, mountpoint="/"}`]: left,
  [`node_filesystem_files{${disk}, mountpoint="/"}`]: '1000x300',
});
const memory = (left: number) => ({
  'node_memory_MemAvailable_bytes{instance="a"}': `${left}x60`,
  'node_memory_MemTotal_bytes{instance="a"}': '1000x60',
});
const ofDisk = { instance: 'a', device: '/dev/sda' };
const forecast = { pendingAt: 30, firingAt: 100, labels: ofDisk };

export const nodeExporterCases: AlertCases = {
  HostDiskFull: {
    firing: space('40x300'),
    pendingAt: 4,
    firingAt: 10,
    labels: ofDisk,
    says: '/dev/sda of a has 4% of its space left',
    quiet: space('60x300'),
  },
  HostDiskFills: {
    ...forecast,
    firing: space('350-1x300'),
    says: '/dev/sda of a has 25% of its space left; at the pace of the last 6 hours that is gone in a day',
    quiet: space('350-0.1x300'),
  },
  HostInodesGone: {
    firing: inodes('40x300'),
    pendingAt: 4,
    firingAt: 10,
    labels: ofDisk,
    says: '/dev/sda of a has 4% of its inodes left',
    quiet: inodes('60x300'),
  },
  HostInodesFill: {
    ...forecast,
    firing: inodes('350-1x300'),
    says: '/dev/sda of a has 25% of its inodes left; at the pace of the last 6 hours they are gone in a day',
    quiet: inodes('900-1x300'),
  },
  HostMemoryLow: {
    firing: memory(40),
    pendingAt: 9,
    firingAt: 20,
    labels: { instance: 'a' },
    says: 'a has 4% of its memory left',
    quiet: memory(60),
  },
  HostKillsProcesses: {
    firing: { 'node_vmstat_oom_kill{instance="a"}': '0x10 2x50' },
    pendingAt: 11,
    firingAt: 20,
    labels: { instance: 'a' },
    says: 'a ended 2 processes in 30 minutes: its own memory, or the limit of a container',
    quiet: { 'node_vmstat_oom_kill{instance="a"}': '7x60' },
  },
};
