import type { Readable } from 'node:stream';
import { z } from 'zod';
import { Refusal } from '../failures';
import { readStored, writeStored } from './stored-json';

/** The file by which a store knows itself. */
export const markFile = 'stockops-store.json';

const mark = z.object({ schemaVersion: z.literal(1), environment: z.string(), createdAt: z.string() });

/** A file of a store, as its listing tells of it. */
export interface Listed {
  /** With "/" between its parts, wherever the store is. */
  readonly name: string;
  /** When it was written. */
  readonly changedAt: Date;
  /** Another one when the file is another. */
  readonly version: string;
}

/** What lies in a store. */
export interface Contents {
  /** Copies with a manifest, the oldest first. */
  readonly copies: readonly string[];
  /** Names of what was begun and is not whole. */
  readonly unfinished: readonly string[];
  /** The small files that say something of a copy: its manifest, and what lies beside it. */
  readonly notes: readonly Listed[];
}

/** How files go to a store elsewhere. */
export interface Uploading {
  tell?: (detail: string) => void;
  signal?: AbortSignal | undefined;
}

/** How one file is written. */
export interface Putting {
  /** No less than it will have: more than 150 GiB go to a bucket in larger parts. */
  mostBytes: number;
  signal?: AbortSignal | undefined;
}

/** A copy that is being made. */
export interface Draft {
  /** Where its files are made. */
  readonly folder: string;
  /** Makes it a copy: all its files last through a power cut, then the manifest is there, then the name. */
  commit(manifest: string, uploading?: Uploading): Promise<void>;
  /** Leaves nothing of it. */
  discard(): Promise<void>;
}

/** Room in a store, in bytes; undefined where nobody can tell. */
export interface Room {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/**
 * Where copies and points in time are kept. The name of a file begins with that of its copy, ID/FILE. Names come from manifests that were
 * checked, and from stockops itself; nothing else becomes a path.
 */
export interface Store {
  /** For people. */
  readonly place: string;
  readMark(): Promise<string | undefined>;
  writeMark(text: string): Promise<void>;
  contents(): Promise<Contents>;
  /** A small file, undefined where there is none. */
  readText(name: string): Promise<string | undefined>;
  /** Replaces a small file, whole or not at all. */
  writeText(name: string, text: string): Promise<void>;
  read(name: string): Promise<Readable>;
  /** Writes a file of any size in the place of one that is there, whole or not at all. */
  put(name: string, content: Readable, putting: Putting): Promise<void>;
  removeFile(name: string): Promise<void>;
  /** Names right below a folder that have something below them, or that something was begun below. */
  folders(folder: string): Promise<string[]>;
  /** Every file below a folder, in the order of their names. @param after a name in it: only those that come later */
  list(folder: string, after?: string): Promise<Listed[]>;
  /** Where the copy lies as a folder of this machine; undefined where it lies elsewhere. */
  folderOf(id: string): string | undefined;
  begin(id: string): Promise<Draft>;
  /** Takes away a copy, its manifest first: what is left when that is interrupted is none. */
  remove(id: string): Promise<void>;
  /** Takes away all below a name, and what was begun to be written there. */
  removeUnfinished(name: string): Promise<void>;
  room(): Promise<Room | undefined>;
  close(): void;
}

/** What is asked to know which copies there are, and what is known of them. */
export type CopyReader = Pick<Store, 'place' | 'contents' | 'readText'>;

/** The text of a mark. */
export const markOf = (environment: string): string =>
  writeStored({ schemaVersion: 1, environment, createdAt: new Date().toISOString() });

/** The environment that a mark names, undefined where it is not what stockops wrote. */
export const environmentOfMark = (text: string): string | undefined => readStored(mark, text)?.environment;

/**
 * Looks whether the store is there and is the environment's.
 *
 * @throws Refusal when it is not marked: a mount that is missing looks like an empty folder
 */
export async function requireMarked(store: Pick<Store, 'place' | 'readMark'>, environment: string): Promise<void> {
  const text = await store.readMark();
  if (text === undefined) {
    throw new Refusal(
      `the store ${store.place} has no ${markFile}: its volume is not mounted, or it is new; mount it, or run once: stockops backup init`,
    );
  }
  const found = environmentOfMark(text);
  if (found === undefined) throw new Refusal(`${markFile} in ${store.place} is not what stockops wrote; put it back`);
  if (found === environment) return;
  throw new Refusal(
    `the store ${store.place} keeps copies of "${found}", this is "${environment}"; set BACKUP_STORE to its own`,
  );
}
