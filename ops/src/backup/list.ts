import { Refusal } from '../failures';
import { type Manifest, sizeOf } from './manifest';
import type { CopyReader } from './store';
import { manifestOf, type Verification, verificationOf } from './verification';

/** A copy as the store has it. */
export interface ListedCopy {
  id: string;
  verification: Verification;
  /** Undefined where its manifest cannot be used. */
  manifest: Manifest | undefined;
  bytes: number;
}

/** Every copy of the store, the oldest first, and what was begun and is none. */
export async function listCopies(store: CopyReader): Promise<{ copies: ListedCopy[]; unfinished: readonly string[] }> {
  const { copies, unfinished } = await store.contents();
  const listed: ListedCopy[] = [];
  for (const id of copies) listed.push(await listedCopy(store, id));
  return { copies: listed, unfinished };
}

async function listedCopy(store: CopyReader, id: string): Promise<ListedCopy> {
  try {
    const manifest = await manifestOf(store, id);
    return { id, manifest, bytes: sizeOf(manifest), verification: await verificationOf(store, id) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { id, manifest: undefined, bytes: 0, verification: { state: 'damaged', problems: [error.message] } };
  }
}
