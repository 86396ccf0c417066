import { Refusal } from '../../failures';
import { type LogIndex, type LogIndices, readLogIndices } from './log-indices';
import type { LogRetention, LogStore } from './log-store';

/** An index that may be deleted. */
export interface Deletable {
  index: LogIndex;
  /** The newest snapshot that has it. */
  snapshot: string | undefined;
}

/** What deleting an index would take away. @throws Refusal for what is none of the logs, or is written to */
export async function lookAtIndex(store: LogStore, retention: LogRetention, name: string): Promise<Deletable> {
  const index = requireDeletable(await readLogIndices(store, retention), name);
  return { index, snapshot: await newestSnapshotOf(store, name) };
}

/** Deletes it, with all its lines. @throws Refusal with what Elasticsearch says */
export const deleteIndex = async (store: LogStore, { index }: Deletable): Promise<void> => {
  await store.ask('DELETE', `/${index.name}`);
};

function requireDeletable({ indices }: LogIndices, name: string): LogIndex {
  const index = indices.find((each) => each.name === name);
  const allowed = indices.filter(({ isWrittenTo }) => !isWrittenTo).map((each) => each.name);
  if (!index) throw new Refusal(`the logs have no index "${name}"; allowed: ${allowed.join(', ') || 'none'}`);
  if (!index.isWrittenTo) return index;
  throw new Refusal(
    `lines are being written to ${name}; begin another first (POST /${index.stream}/_rollover), or take away the whole stream as docs/logging.md says`,
  );
}

/** Made every night by the environment itself; where they cannot be listed, none is known. */
async function newestSnapshotOf(store: LogStore, index: string): Promise<string | undefined> {
  const listed = await store.find('GET', '/_snapshot/stock-logs/logs-*');
  const having = ((listed?.snapshots ?? []) as { snapshot: string; state: string; indices: string[] }[]).filter(
    ({ state, indices }) => state === 'SUCCESS' && indices.includes(index),
  );
  return having
    .map(({ snapshot }) => snapshot)
    .sort()
    .at(-1);
}
