import { PassThrough } from 'node:stream';
import { setByWhoWaits } from '../environment';
import type { Place } from './place';
import type { Ended, ToolOptions } from './tool';

interface Options extends Pick<ToolOptions, 'tell'> {
  signal: AbortSignal;
}

/**
 * Runs a command of `stockops` where a component runs, for as long as somebody waits for it here: told to stop, or when this process or the
 * way there is gone, its input ends, at which it takes back what is half-done and says so. What ends `docker exec` or `kubectl exec` alone
 * leaves it at work.
 */
export async function runAttached(
  place: Place,
  component: string,
  words: readonly string[],
  { tell, signal }: Options,
): Promise<Ended> {
  signal.throwIfAborted();
  const input = new PassThrough();
  const stop = () => input.end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const command = ['env', `${setByWhoWaits}=yes`, 'stockops', ...words];
    return await place.run(component, command, { input, tell, isApart: true });
  } finally {
    signal.removeEventListener('abort', stop);
    input.destroy();
  }
}
