import type { Progress } from '../cli/progress';
import type { Draft, Store } from './store';

interface Options {
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Makes a copy in a draft. What fails leaves nothing, or what is told and counts as none.
 *
 * @param make has to commit the draft
 */
export async function inDraft<T>(
  store: Store,
  id: string,
  { progress, signal }: Options,
  make: (draft: Draft) => Promise<T>,
): Promise<T> {
  const draft = await store.begin(id);
  try {
    return await make(draft);
  } catch (error) {
    await draft
      .discard()
      .catch(({ message }) => progress.note(`${id} is left unfinished, and counts as none: ${message}`));
    // What is stopped fails in its own way, and that says nothing.
    signal?.throwIfAborted();
    throw error;
  }
}
