import { Readable } from 'node:stream';
import { CannotTell } from '../failures';
import type { Place } from '../place/place';

/**
 * A text that is to be refused at the end, kept until then where a run that is killed does not lose it: in the memory of a server that
 * knows it anyway. It is on no disk, and is lost when the server is started again.
 */
const file = '/dev/shm/stockops-rotated';

/** @param holder the component that keeps it */
export async function hold(place: Place, holder: string, text: string): Promise<void> {
  const write = `umask 077; cat >${file}`;
  const { status, said } = await place.run(holder, ['sh', '-c', write], { input: Readable.from([text]) });
  if (status !== 0) throw new CannotTell(`${holder} cannot keep what is to be refused: ${said.trim()}`);
}

/** @returns undefined where it is not there any more */
export async function held(place: Place, holder: string): Promise<string | undefined> {
  const { output } = await place.run(holder, ['sh', '-c', `cat ${file} 2>/dev/null || true`]);
  return output || undefined;
}

export async function letGo(place: Place, holder: string): Promise<void> {
  await place.run(holder, ['rm', '-f', file]);
}
