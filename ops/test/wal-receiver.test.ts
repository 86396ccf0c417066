import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';
import { FolderStore } from '../src/backup/folder-store';
import { connected, serverFacts } from '../src/database/server';
import { receivingFolder } from '../src/wal/points-in-time';
import { WalReceiver } from '../src/wal/wal-receiver';
import { createCopiedDatabase } from './support/copies';

/** A store that takes nothing. */
class Full extends FolderStore {
  override async put(): Promise<void> {
    throw new Error('the store takes nothing');
  }
}

test('no more of the log is received than may wait for a store that does not take it, and it is said why', async () => {
  const copied = await createCopiedDatabase();
  const environment = copied.environment();
  const { systemIdentifier } = await connected(environment, serverFacts);
  const folder = receivingFolder(environment.BACKUP_WORK, systemIdentifier);
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < 64; number++) {
    writeFileSync(path.join(folder, `0000000100000000000000${number.toString(16).toUpperCase().padStart(2, '0')}`), '');
  }
  const stopping = new AbortController();
  const logger = pino({}, { write: (line: string) => stopping.abort(JSON.parse(line).reason) });
  await new WalReceiver(environment, new Full(copied.store.place), logger).run(stopping.signal);
  expect(stopping.signal.reason).toMatch(/^64 files of the log wait to be put into .*the server keeps them up to/);
  expect(readdirSync(folder)).toHaveLength(64);
  await copied.drop();
});
