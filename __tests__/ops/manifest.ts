import type { Manifest } from '../../ops/src/backup/manifest';

/** What a copy says of itself, of an empty database. */
export const someManifest: Manifest = {
  schemaVersion: 1,
  id: '20261125T023000Z-000001',
  environment: 'trial',
  method: 'pg_dump',
  startedAt: '2026-11-25T02:30:00.000Z',
  snapshotAt: '2026-11-25T02:30:00.500Z',
  finishedAt: '2026-11-25T02:31:00.000Z',
  server: { version: '18.1', major: 18, systemIdentifier: '7576', database: 'stockdb', lsn: '0/1A2B3C4' },
  application: { version: '0.1.0', migrations: [] },
  tool: 'pg_dump (PostgreSQL) 18.1',
  tables: [],
  keys: [],
  recipients: [],
  files: [],
};
