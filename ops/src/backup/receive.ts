import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Progress } from '../cli/progress';
import { runProgram } from '../database/program';
import type { EnvironmentOf } from '../environment';
import { Refusal } from '../failures';
import { describeFiles } from './copy-files';
import { inDraft } from './draft';
import { type Manifest, manifestFile, readManifest, type StoredFile } from './manifest';
import { requireMarked, type Store } from './store';
import { type Verification, verifyCopy } from './verification';

interface Receiving {
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Takes a copy from elsewhere into the store: a tar archive of its folder. All its files as the manifest has them, or nothing.
 *
 * @throws Refusal when it is another environment's, or is not as it was copied
 */
export async function receiveCopy(
  store: Store,
  environment: EnvironmentOf<'store'>,
  id: string,
  archive: Readable,
  { progress, signal }: Receiving,
): Promise<Verification> {
  await requireMarked(store, environment.STOCK_ENVIRONMENT);
  const { copies, unfinished } = await store.contents();
  if (copies.includes(id)) {
    throw new Refusal(
      `${store.place} has the copy ${id} already; see whether it is whole: stockops backup verify ${id}`,
    );
  }
  for (const name of unfinished.filter((each) => each.startsWith(id))) await store.removeUnfinished(name);
  await inDraft(store, id, { progress, signal }, async (draft) => {
    await progress.step('receiving it', () =>
      // To the end of what comes, not of the archive: who sends has not ended then, and would be told that it broke off.
      runProgram('tar', ['--extract', '--ignore-zeros', '--no-same-owner', '--directory', draft.folder], {
        signal,
        input: archive,
      }),
    );
    const text = await manifestText(draft.folder, id);
    requireOf(environment, readManifest(id, text));
    for (const file of ofItsStore) await rm(path.join(draft.folder, file), { force: true });
    const received = await progress.step('summing up the files', () => describeFiles(draft.folder, signal));
    requireAsCopied(readManifest(id, text), received);
    await progress.step('writing it to the store', (tell) => draft.commit(text, { tell, signal }));
  });
  return progress.step('reading it again', (tell) => verifyCopy(store, id, tell, signal));
}

/** What a store writes beside the files of a copy: this one finds it out for itself. */
const ofItsStore = [manifestFile, 'verification.json', 'drill.json', 'upgrade.json'];

async function manifestText(folder: string, id: string): Promise<string> {
  return readFile(path.join(folder, manifestFile), 'utf8').catch(() => {
    throw new Refusal(
      `what was received has no ${manifestFile}; send the folder of the copy: tar --create --directory STORE/${id} .`,
    );
  });
}

function requireOf({ STOCK_ENVIRONMENT }: EnvironmentOf<'store'>, { id, environment }: Manifest): void {
  if (environment === STOCK_ENVIRONMENT) return;
  throw new Refusal(
    `copy ${id} is of the environment "${environment}", this is "${STOCK_ENVIRONMENT}"; send a copy of this one`,
  );
}

/** @throws Refusal naming each file that is missing, changed or too much */
function requireAsCopied({ id, files }: Manifest, received: readonly StoredFile[]): void {
  const inWords = ({ path: file, bytes, sha256 }: StoredFile) => `${file} (${bytes} bytes, ${sha256.slice(0, 8)})`;
  const [said, found] = [files, received].map((each) => new Set(each.map(inWords))) as [Set<string>, Set<string>];
  const missing = [...said].filter((file) => !found.has(file)).map((file) => `${file} is not there`);
  const more = [...found].filter((file) => !said.has(file)).map((file) => `${file} is none of it`);
  if (missing.length + more.length === 0) return;
  throw new Refusal(`what was received is not copy ${id}: ${[...missing, ...more].join('; ')}; nothing is kept of it`);
}
