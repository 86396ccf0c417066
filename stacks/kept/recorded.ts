import type { Transitions } from '../../config/transitions';
import type { Loss } from './losses';

/** Whether an environment says that it means to lose this. */
export const isRecorded = ({ leftBehind, changed }: Transitions, loss: Loss): boolean =>
  loss.what === 'existence'
    ? leftBehind.some(({ unit, address }) => unit === loss.unit && address === loss.address)
    : changed.some(
        ({ unit, address, what, from, to }) =>
          unit === loss.unit && address === loss.address && what === loss.what && from === loss.from && to === loss.to,
      );

/** How an environment says so, as lines of its file. */
export function recordOf(losses: readonly Loss[]): string[] {
  const gone = losses.filter(({ what }) => what === 'existence');
  const other = losses.filter(({ what }) => what !== 'existence');
  return [
    ...gone.map(({ unit, address }) => `transitions.leftBehind: ${inSource({ unit, address, reason: '…' })}`),
    ...other.map(
      ({ unit, address, what, from, to }) =>
        `transitions.changed: ${inSource({ unit, address, what, from, to, reason: '…' })}`,
    ),
  ];
}

const inSource = (entry: Readonly<Record<string, string | undefined>>): string =>
  `{ ${Object.entries(entry)
    .map(([key, value = '']) => `${key}: '${value.replaceAll("'", "\\'")}'`)
    .join(', ')} }`;
