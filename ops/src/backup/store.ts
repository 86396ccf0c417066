import type { Readable } from 'node:stream';
import { z } from 'zod';
import { Refusal } from '../failures';
import { readStored, writeStored } from './stored-json';

/** The file by which a store knows itself. */
export const markFile = 'stockops-store.json';

const mark = z.object({ schemaVersion: z.literal(1), environment: z.string(), createdAt: z.string() });

/** What lies in a store. */
export interface Contents {
  /** Copies with a manifest, the oldest first. */
  readonly copies: readonly string[];
  /** Names of what was begun and is not whole. */
  readonly unfinished: readonly string[];
}

/** How files go to a store elsewhere. */
export interface Uploading {
  tell?: (detail: string) => void;
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

/** Where copies are kept. Names of copies and files come from manifests that were checked; nothing else becomes a path. */
export interface Store {
  /** For people. */
  readonly place: string;
  readMark(): Promise<string | undefined>;
  writeMark(text: string): Promise<void>;
  contents(): Promise<Contents>;
  /** A small file of a copy, undefined where there is none. */
  readText(id: string, file: string): Promise<string | undefined>;
  /** Replaces a small file of a copy, whole or not at all. */
  writeText(id: string, file: string, text: string): Promise<void>;
  read(id: string, file: string): Promise<Readable>;
  /** Where the copy lies as a folder of this machine; undefined where it lies elsewhere. */
  folderOf(id: string): string | undefined;
  begin(id: string): Promise<Draft>;
  /** Takes away a copy, its manifest first: what is left when that is interrupted is none. */
  remove(id: string): Promise<void>;
  removeUnfinished(name: string): Promise<void>;
  room(): Promise<Room | undefined>;
  close(): void;
}

/** The text of a mark. */
export const markOf = (environment: string): string =>
  writeStored({ schemaVersion: 1, environment, createdAt: new Date().toISOString() });

/**
 * Looks whether the store is there and is the environment's.
 *
 * @throws Refusal when it is not marked: a mount that is missing looks like an empty folder
 */
export async function requireMarked(store: Store, environment: string): Promise<void> {
  const text = await store.readMark();
  if (text === undefined) {
    throw new Refusal(
      `the store ${store.place} has no ${markFile}: its volume is not mounted, or it is new; mount it, or run once: stockops backup init`,
    );
  }
  const found = readStored(mark, text);
  if (!found) throw new Refusal(`${markFile} in ${store.place} is not what stockops wrote; put it back`);
  if (found.environment === environment) return;
  throw new Refusal(
    `the store ${store.place} keeps copies of "${found.environment}", this is "${environment}"; set BACKUP_STORE to its own`,
  );
}
