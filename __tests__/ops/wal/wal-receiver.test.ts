import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { WalReceiver } from '../../../ops/src/wal/wal-receiver';

test('a store that is not marked is not written into: its volume may not be mounted', async () => {
  const place = mkdtempSync(path.join(tmpdir(), 'unmarked-store-'));
  const stopping = new AbortController();
  const logger = pino({}, { write: (line: string) => stopping.abort(JSON.parse(line).reason) });
  const environment = {
    DATABASE_URL: 'postgresql://stock_backup@127.0.0.1:1/stockdb',
    DATABASE_PASSWORD: 'none',
    STOCK_ENVIRONMENT: 'trial',
    BACKUP_WORK: path.join(place, 'work'),
  };
  try {
    await new WalReceiver(environment, new FolderStore(place), logger).run(stopping.signal);
    expect(stopping.signal.reason).toMatch(/has no stockops-store\.json/);
    expect(readdirSync(place)).toEqual([]);
  } finally {
    rmSync(place, { recursive: true });
  }
});
