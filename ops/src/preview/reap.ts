import { type Found, listPreviews } from './list';
import { PreviewCluster, type Where } from './preview-cluster';
import { takeDownIn } from './take-down';

export interface Reaping extends Where {
  /** Says what would be taken down, and takes nothing down. */
  dryRun: boolean;
  signal: AbortSignal;
}

/** What the reaper did to a preview. */
export interface Reaped {
  name: string;
  what: 'taken down' | 'would be taken down' | 'not there' | 'stays' | 'unclear' | 'failed';
  /** Until when it is wanted, or why it is not known or not gone. */
  why: string;
}

/** Takes down the previews whose time has passed, and no other; one that fails does not stop the others. */
export async function reap(options: Reaping): Promise<Reaped[]> {
  const cluster = await PreviewCluster.open(options);
  const reaped: Reaped[] = [];
  for (const found of await listPreviews(cluster)) reaped.push(await reapOne(cluster, found, options));
  return reaped;
}

async function reapOne(cluster: PreviewCluster, { name, standing }: Found, options: Reaping): Promise<Reaped> {
  if (standing.is === 'unclear') return { name, what: 'unclear', why: standing.why };
  const why = `until ${standing.until}`;
  if (standing.is === 'wanted') return { name, what: 'stays', why };
  if (options.dryRun) return { name, what: 'would be taken down', why };
  const { progress, signal } = options;
  progress.note(`${name}: its time was ${why}`);
  try {
    return { name, what: await takeDownIn(cluster, { name, onlyPast: true, signal }), why };
  } catch (error) {
    if (signal.aborted) throw error;
    return { name, what: 'failed', why: (error as Error).message };
  }
}
