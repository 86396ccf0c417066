import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

// What lies in a folder, looked at without the code that put it there.

const sumOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Sums of all files below a folder, by their path. */
export function sumsBelow(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [path.relative(folder, file), sumOf(file)]));
}

/** Bytes of all files below a folder. */
export const sizeBelow = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);

/** Names of the copies, the oldest first. */
export const copiesIn = (store: string): string[] =>
  readdirSync(store)
    .filter((name) => /^\d{8}T\d{6}Z-[0-9a-f]{6}$/.test(name))
    .sort();

/** Names of what is no copy, but for the mark. */
export const othersIn = (store: string): string[] =>
  readdirSync(store).filter((name) => name !== 'stockops-store.json' && !copiesIn(store).includes(name));

interface Said {
  files: { path: string; bytes: number; sha256: string }[];
  tables: { name: string; rows: number; hash: string }[];
}

export const manifestIn = (store: string, id: string): Said =>
  JSON.parse(readFileSync(path.join(store, id, 'manifest.json'), 'utf8'));

/** What of a copy is not as its manifest says. */
export function defectsOf(store: string, id: string): string[] {
  const folder = path.join(store, id);
  if (!existsSync(path.join(folder, 'manifest.json'))) return [`${id} has no manifest`];
  const { files } = manifestIn(store, id);
  const wrong = files.filter(({ path: file, sha256 }) => {
    const place = path.join(folder, file);
    return !existsSync(place) || sumOf(place) !== sha256;
  });
  const said = new Set([...files.map(({ path: file }) => file), 'manifest.json', 'verification.json']);
  const unsaid = [...sumsBelow(folder).keys()].filter((file) => !said.has(file));
  return [...wrong.map((file) => `${file.path} of ${id} is not what was written`), ...unsaid];
}
