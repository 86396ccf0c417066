import { readdirSync, readFileSync } from 'node:fs';
import type { Piece } from './place';

/**
 * Arguments and environment of every process of this machine, those in containers too. Everybody may read arguments; an
 * environment its own user and root alone, so that this looks at more the more its user may.
 */
export function* processList(): Iterable<Piece> {
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    for (const what of ['cmdline', 'environ']) {
      const text = readIfAllowed(`/proc/${id}/${what}`);
      if (text) yield { from: `${what} of process ${id} (${nameOf(id)})`, text };
    }
  }
}

const nameOf = (id: string): string => readIfAllowed(`/proc/${id}/comm`)?.trim() ?? 'gone';

/** Processes end while they are looked at, and some are of others. */
function readIfAllowed(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
