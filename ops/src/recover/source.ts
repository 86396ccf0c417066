import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { isCopyId } from '../backup/copy-id';
import type { Manifest } from '../backup/manifest';
import { withStore } from '../backup/open-store';
import { requireMarked, type Store } from '../backup/store';
import { manifestOf, problemsOf } from '../backup/verification';
import type { Progress } from '../cli/progress';
import type { EnvironmentOf } from '../environment';
import { CannotTell, Refusal } from '../failures';
import { refuseNewerSchema } from '../restore/restore';

interface Choosing {
  environment: string;
  /** Absolute path of a folder, or s3://BUCKET/PREFIX. */
  from: string;
  /** The store of the workload. */
  itsStore: string;
  id: string | undefined;
  access: EnvironmentOf<'recover'>;
  progress: Progress;
  signal: AbortSignal;
}

/** Whether a copy has to be brought into the new volume: a bucket is reached by the workload itself. */
export const isFolder = (from: string): boolean => !from.startsWith('s3://');

/** What `--from` says, as it is kept. */
export const addressOf = (from: string): string => (isFolder(from) ? path.resolve(from) : from);

/**
 * Chooses a copy, and reads every file of it on this machine.
 *
 * @throws Refusal when the store is another environment's, has no such copy, or the copy is damaged
 */
export async function chooseCopy(choosing: Choosing): Promise<Manifest> {
  const { environment, from, itsStore, id, access, progress, signal } = choosing;
  if (isFolder(from)) await requireFolder(from);
  else if (from !== itsStore) {
    throw new UsageError(
      `the environment keeps its copies in ${itsStore}, and --from is ${from}; set that bucket as "backup.s3" in config/environments/${environment}.ts, or fetch it into a folder and give that`,
    );
  }
  const store = {
    ...access,
    STOCK_ENVIRONMENT: environment,
    BACKUP_STORE: from,
    BACKUP_WORK: path.join('/', 'nowhere'),
  };
  return withStore(store, async (opened) => {
    await requireMarked(opened, environment);
    const manifest = await manifestOf(opened, id ?? (await newestOf(opened)));
    if (manifest.environment !== environment) {
      throw new Refusal(
        `copy ${manifest.id} is of the environment "${manifest.environment}", and ${environment} is wanted`,
      );
    }
    refuseNewerSchema(manifest);
    const problems = await progress.step(`reading ${manifest.id}`, (tell) =>
      problemsOf(opened, manifest.id, tell, signal),
    );
    if (problems.length > 0) {
      throw new Refusal(
        `copy ${manifest.id} is damaged: ${problems.join('; ')}; give another one: --backup, of ${(await opened.contents()).copies.join(', ')}`,
      );
    }
    return manifest;
  });
}

async function requireFolder(from: string): Promise<void> {
  const found = await stat(from).catch(({ code }: NodeJS.ErrnoException) => {
    throw new CannotTell(`the folder ${from} cannot be read (${code}); mount it, or correct --from`);
  });
  if (!found.isDirectory())
    throw new UsageError(`${from} is no folder; allowed: the folder of a store, or s3://BUCKET/PREFIX`);
}

/** Which of them can be used is seen by reading it. */
async function newestOf(store: Store): Promise<string> {
  const newest = (await store.contents()).copies.at(-1);
  if (newest) return newest;
  throw new Refusal(`there is no copy in ${store.place}; give another store: --from`);
}

/** @throws UsageError when it is neither `latest` nor the name of a copy */
export function wantedCopy(text: string): string | undefined {
  if (text === 'latest') return undefined;
  if (isCopyId(text)) return text;
  throw new UsageError(`'${text}' is no copy; allowed: latest, or a name such as 20261126T023000Z-4f1c9a`);
}
