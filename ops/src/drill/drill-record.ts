import { z } from 'zod';
import type { CopyReader, Store } from '../backup/store';
import { readStored, writeStored } from '../backup/stored-json';

/** Beside the manifest of the copy that was restored. */
const drillFile = 'drill.json';

const schema = z.object({
  schemaVersion: z.literal(1),
  succeededAt: z.string(),
  rtoSeconds: z.number(),
  rpoSeconds: z.number(),
});

export type DrillRecord = z.output<typeof schema>;

export async function writeDrill(
  store: Store,
  { id, rtoSeconds, rpoSeconds }: { id: string; rtoSeconds: number; rpoSeconds: number },
): Promise<void> {
  const record: DrillRecord = { schemaVersion: 1, succeededAt: new Date().toISOString(), rtoSeconds, rpoSeconds };
  await store.writeText(`${id}/${drillFile}`, writeStored(record));
}

/** The last drill that succeeded on a copy, undefined where there was none. */
export async function readDrill(store: CopyReader, id: string): Promise<DrillRecord | undefined> {
  return readStored(schema, await store.readText(`${id}/${drillFile}`));
}
