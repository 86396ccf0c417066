import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readStored, writeStored } from '../backup/stored-json';
import { Refusal } from '../failures';
import type { HostRoot } from './host-root';
import type { FileChange, KernelChange, Plan } from './plan';

/** Where what was before is kept, a folder for each time that something was changed. */
export const recordsFolder = '/var/backups/stockops';

const entry = z.strictObject({ kind: z.enum(['file', 'link']), content: z.string(), mode: z.number() });
const schema = z.strictObject({
  schemaVersion: z.literal(1),
  /** applying: begun and not ended, because the program was killed. */
  state: z.enum(['applying', 'applied', 'reverted']),
  startedAt: z.iso.datetime(),
  /** Folders that were made for the files, the outer ones first. */
  folders: z.array(z.string()),
  files: z.array(z.strictObject({ path: z.string(), before: entry.optional(), after: entry.optional() })),
  kernel: z.array(z.strictObject({ key: z.string(), before: z.number(), after: z.number() })),
});

/** What one `apply` changed, with what was before. */
export interface HostRecord {
  id: string;
  state: 'applying' | 'applied' | 'reverted';
  startedAt: string;
  folders: string[];
  files: FileChange[];
  kernel: KernelChange[];
}

const idForm = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;
const fileOf = (root: HostRoot, id: string): string => path.join(root.at(recordsFolder), id, 'record.json');

/** Every record, the oldest first. @throws Refusal for one that cannot be understood */
export async function readRecords(root: HostRoot): Promise<HostRecord[]> {
  const ids = (await root.names(recordsFolder)).filter((name) => idForm.test(name));
  const records = await Promise.all(
    ids.map(async (id) => {
      const file = fileOf(root, id);
      const found = readStored(schema, await readFile(file, 'utf8').catch(() => undefined));
      if (!found) throw new Refusal(`${file} is not what stockops wrote; see what it says, and move its folder away`);
      const { schemaVersion: _, ...record } = found;
      return { id, ...record } as HostRecord;
    }),
  );
  return records.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
}

/** Keeps what is before a change, whole or not at all. What will be before and after lies beside the record, for people to compare. */
export async function beginRecord(root: HostRoot, { files, kernel }: Plan, at: Date): Promise<HostRecord> {
  await root.requireNoLinks(`${recordsFolder}/record`);
  const id = `${at.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
  const folders = await missingFolders(root, files);
  const record: HostRecord = { id, state: 'applying', startedAt: at.toISOString(), folders, files, kernel };
  const folder = path.join(root.at(recordsFolder), id);
  const draft = `${folder}.partial`;
  try {
    await mkdir(draft, { recursive: true, mode: 0o700 });
    await chmod(draft, 0o700);
    for (const { path: file, before } of files) {
      if (before?.kind === 'file') await writeWhole(path.join(draft, 'before', file), before.content);
    }
    await writeWhole(path.join(draft, 'record.json'), textOf(record));
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return record;
}

/** Says how it stands with a record. */
export async function keepRecord(root: HostRoot, record: HostRecord, state: HostRecord['state']): Promise<void> {
  const file = fileOf(root, record.id);
  await writeWhole(`${file}.new`, textOf({ ...record, state }));
  await rename(`${file}.new`, file);
}

/** Forgets one that changed nothing. */
export const forgetRecord = (root: HostRoot, { id }: HostRecord): Promise<void> =>
  rm(path.dirname(fileOf(root, id)), { recursive: true, force: true });

const textOf = ({ id: _, ...record }: HostRecord): string => writeStored({ schemaVersion: 1, ...record });

/** A text that is on the disk when it returns. */
export async function writeWhole(file: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const handle = await open(file, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    // Node names no file where a write fails.
    throw Object.assign(error as Error, { path: file });
  } finally {
    await handle.close();
  }
}

/** Takes away what was being kept when the program was killed. */
export async function forgetDrafts(root: HostRoot): Promise<void> {
  const drafts = (await root.names(recordsFolder)).filter((name) => name.endsWith('.partial'));
  for (const name of drafts) await rm(path.join(root.at(recordsFolder), name), { recursive: true, force: true });
}

async function missingFolders(root: HostRoot, files: readonly FileChange[]): Promise<string[]> {
  const missing = new Set<string>();
  for (const { path: file } of files) {
    const above: string[] = [];
    for (let folder = path.dirname(file); folder !== '/' && !(await root.has(folder)); folder = path.dirname(folder))
      above.unshift(folder);
    for (const folder of above) missing.add(folder);
  }
  return [...missing];
}
