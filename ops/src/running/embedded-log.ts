import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { Refusal } from '../failures';

const lookMilliseconds = 500;
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

interface Options {
  /** Not older, such as 15m. @default all */
  readonly since?: string | undefined;
  /** Goes on until the signal. */
  readonly isFollowing: boolean;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Seconds of a span such as 15m. @throws UsageError for what is none */
export function secondsOf(span: string): number {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(span) ?? [];
  if (!number || !unit) throw new UsageError(`'${span}' is no span of time; allowed: such as 30s, 15m, 2h or 1d`);
  return Number(number) * (units[unit] as number);
}

/** Tells the lines of the embedded product's log file. @throws Refusal where there is none */
export async function tellLog(file: string, { since, isFollowing, tell, signal }: Options): Promise<void> {
  if (!existsSync(file)) throw new Refusal(`there is no log ${file} yet; start what writes it: npm start`);
  const after = since === undefined ? 0 : Date.now() - secondsOf(since) * 1000;
  const isWanted = (line: string) => after === 0 || momentOf(line) >= after;
  let told = 0;
  do {
    const { size } = statSync(file);
    // A log that was begun anew is shorter.
    if (size < told) told = 0;
    if (size > told) {
      const lines = createInterface({ input: createReadStream(file, { start: told, end: size - 1, signal }) });
      for await (const line of lines) if (isWanted(line)) tell(line);
      told = size;
    }
    if (isFollowing) await sleep(lookMilliseconds, undefined, { signal });
  } while (isFollowing);
}

/** When a record was logged. */
function momentOf(line: string): number {
  const [, moment = ''] = /"@timestamp":"([^"]+)"/.exec(line) ?? [];
  return Date.parse(moment) || 0;
}
