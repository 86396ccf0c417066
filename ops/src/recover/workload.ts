import type { Readable } from 'node:stream';
import { z } from 'zod';
import { CannotTell, exitCodes, Refusal } from '../failures';
import type { Place } from '../place/place';

interface InWorkload {
  input?: Readable;
  tell?: (line: string) => void;
  signal?: AbortSignal;
}

/** What commands answer with `--json`, as far as a recovery reads it. */
const answered = z.object({
  schemaVersion: z.literal(1),
  ok: z.boolean(),
  error: z.string().optional(),
  exitCode: z.int().optional(),
  state: z.string().optional(),
  copies: z
    .array(z.object({ id: z.string(), snapshotAt: z.string().optional(), state: z.string().optional() }))
    .default([]),
  seconds: z.number().optional(),
  tables: z.number().default(0),
  rows: z.number().default(0),
  fewer: z.array(z.string()).default([]),
  dropped: z.array(z.string()).default([]),
});

/**
 * Runs `stockops` in the workload `backup`, which knows its database and its store.
 *
 * @returns what it answered
 * @throws Refusal or CannotTell with what it said, as it did itself
 */
export async function inWorkload(place: Place, words: readonly string[], options: InWorkload = {}) {
  const { status, output, said } = await place.run('backup', ['stockops', ...words, '--json'], options);
  const answer = readAnswer(output);
  const command = `stockops ${words.join(' ')}`;
  if (!answer) {
    throw new CannotTell(
      `${command} in the workload backup gave no answer (status ${status}): ${said.trim()}; see its log`,
    );
  }
  if (answer.error === undefined) return answer;
  const message = `${command} in the workload backup: ${answer.error}`;
  throw answer.exitCode === exitCodes.unknown ? new CannotTell(message) : new Refusal(message);
}

function readAnswer(output: string): z.output<typeof answered> | undefined {
  try {
    return answered.safeParse(JSON.parse(output)).data;
  } catch {
    return undefined;
  }
}
