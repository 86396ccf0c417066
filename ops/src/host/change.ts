import { chmod, mkdir, rename, rm, rmdir, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../failures';
import type { HostRoot } from './host-root';
import { parameterFile } from './kernel';
import { areEqual, type Entry, entryAt } from './own-file';
import type { FileChange, Plan } from './plan';
import {
  beginRecord,
  forgetDrafts,
  forgetRecord,
  type HostRecord,
  keepRecord,
  readRecords,
  writeWhole,
} from './record';

/**
 * Does a plan whole or not at all: what was before is kept first, every file is written beside its name, then all take their names.
 *
 * @throws Refusal that says why, after all is as it was
 */
export async function carryOut(root: HostRoot, plan: Plan, at: Date): Promise<HostRecord> {
  let record: HostRecord | undefined;
  try {
    record = await beginRecord(root, plan, at);
    for (const change of plan.files) await stage(root, change);
    for (const change of plan.files) await take(root, change);
    for (const { key, after } of plan.kernel) await setParameter(root, key, after);
    await keepRecord(root, record, 'applied');
    return { ...record, state: 'applied' };
  } catch (error) {
    if (record) {
      await takeBack(root, record);
      await forgetRecord(root, record);
    }
    throw told(error);
  }
}

/** Takes back what a run left that was killed. @returns the ids of such runs */
export async function takeBackUnfinished(root: HostRoot): Promise<string[]> {
  await forgetDrafts(root);
  const unfinished = (await readRecords(root)).filter(({ state }) => state === 'applying');
  for (const record of unfinished.toReversed()) {
    await takeBack(root, record);
    await forgetRecord(root, record);
  }
  return unfinished.map(({ id }) => id);
}

/**
 * Takes back all that was changed since a record, and that as well.
 *
 * @param id of the record. @default the newest that was not taken back
 * @throws Refusal where there is none, or where somebody changed since what it changed
 */
export async function revert(root: HostRoot, id: string | undefined): Promise<HostRecord[]> {
  const applied = (await readRecords(root)).filter(({ state }) => state === 'applied');
  const wanted = id ?? applied.at(-1)?.id;
  const from = applied.findIndex((record) => record.id === wanted);
  const known = applied.map((record) => record.id).join(', ') || 'none';
  if (from < 0) throw new Refusal(`there is nothing to take back${id ? ` of ${id}` : ''}; applied: ${known}`);
  const records = applied.slice(from).toReversed();
  try {
    await refuseChanged(root, records);
    for (const record of records) {
      await takeBack(root, record);
      await keepRecord(root, record, 'reverted');
    }
  } catch (error) {
    throw told(error);
  }
  return records;
}

const stagedPath = (file: string): string => path.join(path.dirname(file), `.${path.basename(file)}.stockops`);

/** Writes what is wanted beside its name. */
async function stage(root: HostRoot, { path: file, after }: Pick<FileChange, 'path' | 'after'>): Promise<void> {
  await root.requireNoLinks(file);
  const staged = root.at(stagedPath(file));
  await mkdir(path.dirname(staged), { recursive: true, mode: 0o755 });
  await rm(staged, { force: true });
  if (after?.kind === 'link') await symlink(after.content, staged);
  if (after?.kind === 'file') {
    await writeWhole(staged, after.content, after.mode);
    await chmod(staged, after.mode);
  }
}

/** Gives what was written its name. */
async function take(root: HostRoot, { path: file, after }: Pick<FileChange, 'path' | 'after'>): Promise<void> {
  if (after) await rename(root.at(stagedPath(file)), root.at(file));
  else await unlink(root.at(file));
}

/** Brings everything that a record changed to what it was before. */
async function takeBack(root: HostRoot, { files, kernel, folders }: HostRecord): Promise<void> {
  for (const { path: file, before, after } of files.toReversed()) {
    await rm(root.at(stagedPath(file)), { force: true });
    const found = await entryAt(root, file);
    if (areEqual(found, before) || !areEqual(found, after)) continue;
    await stage(root, { path: file, after: before });
    await take(root, { path: file, after: before });
  }
  for (const { key, before, after } of kernel) {
    if (Number(await root.read(parameterFile(key))) === after) await setParameter(root, key, before);
  }
  // One that somebody else uses meanwhile stays.
  for (const folder of folders.toReversed()) await rmdir(root.at(folder)).catch(() => undefined);
}

/** What others changed meanwhile is theirs. Of a file that several records changed, the newest, which is the first, says how it is. */
async function refuseChanged(root: HostRoot, records: readonly HostRecord[]): Promise<void> {
  const seen = new Set<string>();
  const changes = records.flatMap(({ id, files }) => files.map((change) => ({ id, ...change })));
  for (const { id, path: file, before, after } of changes) {
    if (seen.size === seen.add(file).size) continue;
    const found: Entry | undefined = await entryAt(root, file);
    if (areEqual(found, after) || areEqual(found, before)) continue;
    throw new Refusal(
      `${root.at(file)} was changed since ${id}; nothing was taken back. What was before is in /var/backups/stockops/${id}/before: put it there by hand, or bring the file back to what it was`,
    );
  }
}

const setParameter = (root: HostRoot, key: string, value: number): Promise<void> =>
  writeFile(root.at(parameterFile(key)), `${value}\n`);

const reasons: ReadonlyMap<string, string> = new Map([
  ['EROFS', 'its file system is read-only: mount it for writing'],
  ['ENOSPC', 'its file system is full: make room'],
  ['EDQUOT', 'its quota is used up: make room'],
  ['EACCES', 'this user may not write it: run it as root'],
  ['EPERM', 'this user may not change it: run it as root'],
]);

/** What the system refused, with what to do. */
function told(error: unknown): unknown {
  const { code, path: file } = error as NodeJS.ErrnoException;
  const reason = reasons.get(code ?? '');
  return reason ? new Refusal(`${file ?? 'a file'} cannot be written, ${reason}; nothing was changed`) : error;
}
