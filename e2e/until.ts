import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again, for so long at most; a look that fails is a no. @returns whether it was so in time */
export async function until(seconds: number, isSo: () => Promise<boolean>, pauseMilliseconds = 250): Promise<boolean> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    if (await isSo().catch(() => false)) return true;
    await sleep(pauseMilliseconds);
  }
  return false;
}
