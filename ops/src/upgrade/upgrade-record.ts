import { z } from 'zod';
import type { Store } from '../backup/store';
import { readStored, writeStored } from '../backup/stored-json';

/** Beside the manifest of the copy that an upgrade moves the database by. */
const recordFile = 'upgrade.json';

const schema = z.object({
  schemaVersion: z.literal(1),
  /** Major versions. */
  from: z.int(),
  to: z.int(),
  /** The server that has been given the copy, by its system identifier. */
  restoredOn: z.string().optional(),
  /** How it ended. Without it, it is under way: the copy is what the new server gets. */
  ended: z.enum(['confirmed', 'undone']).optional(),
});

export type UpgradeRecord = z.output<typeof schema>;

export const writeUpgradeRecord = (store: Store, id: string, record: Omit<UpgradeRecord, 'schemaVersion'>) =>
  store.writeText(`${id}/${recordFile}`, writeStored({ schemaVersion: 1, ...record }));

/** The last copy that was made to move the database by, while that is under way. */
export async function upgradeUnderWay(store: Store): Promise<{ id: string; record: UpgradeRecord } | undefined> {
  for (const id of [...(await store.contents()).copies].reverse()) {
    const record = readStored(schema, await store.readText(`${id}/${recordFile}`));
    if (record) return record.ended ? undefined : { id, record };
  }
  return undefined;
}
