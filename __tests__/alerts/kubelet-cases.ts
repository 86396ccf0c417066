import type { AlertCases } from './alert-case';

/** Whose claim is told of elsewhere. */
export const toldElsewhere = ['database-data'];

/** Periods that a container ran and was stopped in, a minute. */
const periods = (container: string, ran: number, stopped: number) => {
  const labels = `namespace="n", pod="p", container="${container}", id="/kubepods/${container}"`;
  return {
    [`container_cpu_cfs_periods_total{${labels}}`]: `0+${ran}x60`,
    [`container_cpu_cfs_throttled_periods_total{${labels}}`]: `0+${stopped}x60`,
  };
};
const claim = (name: string) => `namespace="n", persistentvolumeclaim="${name}"`;
const ofClaim = { namespace: 'n', persistentvolumeclaim: 'queue-data' };
/** Of 1000 bytes. */
const space = (left: string, name = 'queue-data') => ({
  [`kubelet_volume_stats_available_bytes{${claim(name)}, node="a"}`]: left,
  [`kubelet_volume_stats_capacity_bytes{${claim(name)}, node="a"}`]: '1000x300',
});
const inodes = (left: string) => ({
  [`kubelet_volume_stats_inodes_free{${claim('queue-data')}, node="a"}`]: left,
  [`kubelet_volume_stats_inodes{${claim('queue-data')}, node="a"}`]: '1000x300',
});
/** A file system that makes inodes when it needs them says that it has none. */
const withoutInodes = {
  [`kubelet_volume_stats_inodes_free{${claim('files-data')}, node="a"}`]: '0x300',
  [`kubelet_volume_stats_inodes{${claim('files-data')}, node="a"}`]: '0x300',
};
const forecast = { pendingAt: 30, firingAt: 100, labels: ofClaim };
const hard = { pendingAt: 4, firingAt: 10, labels: ofClaim };

export const kubeletCases: AlertCases = {
  ContainerThrottled: {
    firing: periods('api', 180, 60),
    pendingAt: 10,
    firingAt: 30,
    labels: { namespace: 'n', pod: 'p', container: 'api' },
    says: 'api of n/p was stopped in 33.33% of the periods in which it ran: it had had the time of its limit',
    // One runs all the time and is hardly stopped, one is nearly always stopped and hardly runs.
    quiet: { ...periods('api', 600, 120), ...periods('exporter', 100, 90) },
  },
  ClaimFull: {
    ...hard,
    firing: space('40x300'),
    says: 'Claim n/queue-data has 4% of its space left',
    quiet: { ...space('60x300'), ...space('10x300', 'database-data') },
  },
  ClaimFills: {
    ...forecast,
    firing: space('350-1x300'),
    says: 'Claim n/queue-data has 25% of its space left; at the pace of the last 6 hours that is gone in a day',
    quiet: { ...space('350-0.1x300'), ...space('350-1x300', 'database-data') },
  },
  ClaimInodesGone: {
    ...hard,
    firing: inodes('40x300'),
    says: 'Claim n/queue-data has 4% of its inodes left',
    quiet: { ...inodes('60x300'), ...withoutInodes },
  },
  ClaimInodesFill: {
    ...forecast,
    firing: inodes('350-1x300'),
    says: 'Claim n/queue-data has 25% of its inodes left; at the pace of the last 6 hours they are gone in a day',
    quiet: { ...inodes('900-1x300'), ...withoutInodes },
  },
};
