import type { Alert } from '../workload/observations';

const perContainer = 'namespace, pod, container';
const perClaim = 'namespace, persistentvolumeclaim';
const day = 86_400;

/** Periods of processor time, of which there are ten a second, by container. */
const periods = (metric: string, range: string) => `sum by (${perContainer}) (rate(${metric}[${range}]))`;
const ran = (range: string) => periods('container_cpu_cfs_periods_total', range);
const throttled = (range: string) => `${periods('container_cpu_cfs_throttled_periods_total', range)} / ${ran(range)}`;
/** One that hardly runs is stopped at once when it does, and nobody waits for it: an exporter that is asked four times a minute. */
const isBusy = (range: string) => `${ran(range)} > 2`;

/**
 * Share of the periods in which a container ran that it was stopped in, because it had had the processor time of its limit.
 *
 * @param range of time that it is taken over
 */
export const throttledAndBusy = (range: string): string => `${throttled(range)} and ${isBusy(range)}`;

// While a pod moves, two nodes tell of its claim.
const ofClaim = (expression: string) => `min by (${perClaim}) (${expression})`;
const shareLeft = (left: string, all: string, claims = '') => `${ofClaim(left + claims)} / ${ofClaim(all + claims)}`;

const bytes = { left: 'kubelet_volume_stats_available_bytes', all: 'kubelet_volume_stats_capacity_bytes' };
const inodes = { left: 'kubelet_volume_stats_inodes_free', all: 'kubelet_volume_stats_inodes' };
/** Shares of each claim. */
export const claimBytesLeft = shareLeft(bytes.left, bytes.all);
export const claimInodesLeft = shareLeft(inodes.left, inodes.all);

/** At the pace of the last hours; a log that is written anew goes up and down within them. */
const goneInADay = (metric: string) => `${ofClaim(`predict_linear(${metric}[6h], ${day})`)} < 0`;

/**
 * What the kubelets of the nodes tell: who is given too little processor time, and which claims are full.
 *
 * @param toldElsewhere claims whose component tells of its space itself; of their inodes nobody else does
 */
export function kubeletAlerts(toldElsewhere: readonly string[]): readonly Alert[] {
  const ours = toldElsewhere.length > 0 ? `{persistentvolumeclaim!~"${toldElsewhere.join('|')}"}` : '';
  const ourBytesLeft = shareLeft(bytes.left, bytes.all, ours);
  return [
    {
      name: 'ContainerThrottled',
      expression: `(${throttledAndBusy('10m')}) > 0.25`,
      forSeconds: 900,
      severity: 'warning',
      summary: 'A container gets too little processor time',
      description:
        '{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} was stopped in {{ $value | humanizePercentage }} of the periods in which it ran: it had had the time of its limit',
    },
    {
      name: 'ClaimFull',
      expression: `${ourBytesLeft} < 0.05`,
      forSeconds: 300,
      severity: 'critical',
      summary: 'A claim is full',
      description:
        'Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} of its space left',
      explains: ['ClaimFills'],
    },
    {
      name: 'ClaimFills',
      expression: `${ourBytesLeft} < 0.4 and ${goneInADay(bytes.left + ours)}`,
      forSeconds: 3600,
      severity: 'warning',
      summary: 'A claim will be full within a day',
      description:
        'Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} of its space left; at the pace of the last 6 hours that is gone in a day',
    },
    {
      name: 'ClaimInodesGone',
      expression: `${claimInodesLeft} < 0.05`,
      forSeconds: 300,
      severity: 'critical',
      summary: 'A claim takes no more files',
      description:
        'Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} of its inodes left',
      explains: ['ClaimInodesFill'],
    },
    {
      name: 'ClaimInodesFill',
      expression: `${claimInodesLeft} < 0.4 and ${goneInADay(inodes.left)}`,
      forSeconds: 3600,
      severity: 'warning',
      summary: 'A claim will take no more files within a day',
      description:
        'Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} of its inodes left; at the pace of the last 6 hours they are gone in a day',
    },
  ];
}
