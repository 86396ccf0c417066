import { lstat, readFile, readlink } from 'node:fs/promises';
import { Refusal } from '../failures';
import type { HostRoot } from './host-root';

/** By this line a file is known as ours. */
export const mark = '# Made by `stockops host apply`; taken back by `stockops host revert`.';

/** What lies under a path: a file with a text, or a link that leads somewhere. */
export interface Entry {
  kind: 'file' | 'link';
  /** The text, or where the link leads. */
  content: string;
  mode: number;
}

/** A file that is to be there, or, with undefined, is not. */
export interface Wanted {
  path: string;
  entry: Entry | undefined;
}

/** A text of ours as a file that everybody may read. */
export const ownFile = (path: string, lines: readonly string[]): Wanted => ({
  path,
  entry: lines.length === 0 ? undefined : { kind: 'file', content: `${[mark, ...lines].join('\n')}\n`, mode: 0o644 },
});

/**
 * What is there under a name of ours.
 *
 * @throws Refusal where somebody else made it: what exists is not replaced
 */
export async function ownEntry(root: HostRoot, { path, entry }: Wanted): Promise<Entry | undefined> {
  await root.requireNoLinks(path);
  const file = root.at(path);
  const found = await entryAt(root, path);
  if (!found) return undefined;
  if (found.kind === 'link') {
    if (entry?.kind === 'link') return found;
    throw new Refusal(
      `${file} is a symbolic link to ${found.content}, which stockops did not make; move it away first`,
    );
  }
  const { uid } = await lstat(file);
  const own = process.getuid?.();
  if (uid !== own)
    throw new Refusal(`${file} belongs to user ${uid}, not to user ${own}; somebody else made it: move it away first`);
  if (!found.content.startsWith(mark))
    throw new Refusal(`${file} does not begin with "${mark}"; somebody else made it: move it away first`);
  return found;
}

/** What is there, whoever made it. @throws Refusal where it is neither a file nor a link */
export async function entryAt(root: HostRoot, path: string): Promise<Entry | undefined> {
  if (!(await root.has(path))) return undefined;
  const file = root.at(path);
  const facts = await lstat(file);
  const mode = facts.mode & 0o777;
  if (facts.isSymbolicLink()) return { kind: 'link', content: await readlink(file), mode };
  if (facts.isFile()) return { kind: 'file', content: await readFile(file, 'utf8'), mode };
  throw new Refusal(`${file} is neither a file nor a link; move it away first`);
}

export const areEqual = (a: Entry | undefined, b: Entry | undefined): boolean =>
  a?.kind === b?.kind && a?.content === b?.content && (a?.kind === 'link' || a?.mode === b?.mode);
