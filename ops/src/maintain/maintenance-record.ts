import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readStored, writeStored } from '../backup/stored-json';
import type { Scope } from './steps';

const moment = z.iso.datetime();
const schema = z.strictObject({ since: moment, weekly: moment.optional(), monthly: moment.optional() });

/** When a database was last maintained, or since when somebody looks after it. */
export type MaintenanceRecord = z.infer<typeof schema>;

const fileIn = (work: string): string => path.join(work, 'maintenance.json');

/** The record in a folder for what is under way; begun now where there is none. A new system is maintained at its first time, not at once. */
export async function maintenanceRecord(work: string): Promise<MaintenanceRecord> {
  const found = readStored(schema, await readFile(fileIn(work), 'utf8').catch(() => undefined));
  return found ?? write(work, { since: new Date().toISOString() });
}

/** Says that it was done now. What is done every month has what is done every week in it. */
export async function noteMaintained(work: string, scope: Scope): Promise<void> {
  const record = await maintenanceRecord(work);
  const now = new Date().toISOString();
  await write(work, { ...record, weekly: now, ...(scope === 'monthly' && { monthly: now }) });
}

/** When it was last done, or was first to be. */
export const lastDone = (record: MaintenanceRecord, scope: Scope): Date => new Date(record[scope] ?? record.since);

async function write(work: string, record: MaintenanceRecord): Promise<MaintenanceRecord> {
  await mkdir(work, { recursive: true, mode: 0o700 });
  const draft = `${fileIn(work)}.${process.pid}`;
  await writeFile(draft, writeStored(record), { mode: 0o600 });
  await rename(draft, fileIn(work));
  return record;
}
