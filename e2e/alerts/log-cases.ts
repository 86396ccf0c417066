import type { Case } from './cases';
import type { WatchedLogs } from './watched-logs';

// Their names begin with "logs", for --only.

/** What is told of after 26 hours, in minutes. */
const age = { ' > 93600': ' > 90' };

export const logCases = (logs: WatchedLogs): readonly Case[] => [
  {
    name: 'logs: no snapshot is made any more',
    alerts: ['LogSnapshotTooOld'],
    shortened: age,
    inject: async () => async () => logs.snapshot(),
  },
  {
    name: 'logs: Elasticsearch has lost its volume, and knows no snapshot',
    alerts: ['LogSnapshotMissing'],
    inject: async () => logs.loseRepository(),
  },
];
