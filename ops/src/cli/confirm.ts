import { createInterface } from 'node:readline/promises';
import { UsageError } from '../../../app/src/runtime/usage-error';

/**
 * Has a person type a word before something is done that others will notice.
 *
 * @param given what `--confirm` said, for who is no person
 * @param kind what the word names
 * @throws UsageError when it is another word, or nobody is there to type
 */
export async function requireConfirmed(
  word: string,
  given: string | undefined,
  signal: AbortSignal,
  kind: 'environment' | 'table' | 'index' = 'environment',
): Promise<void> {
  const typed = given ?? (await typedWord(word, signal, kind));
  if (typed === word) return;
  throw new UsageError(`'${typed}' is not the name of this ${kind}; nothing was done. Allowed: ${word}`);
}

async function typedWord(word: string, signal: AbortSignal, kind: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new UsageError(`nobody is there to confirm it; nothing was done. Say --confirm ${word}`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`Type the name of the ${kind} to go on: `, { signal })).trim();
  } finally {
    terminal.close();
  }
}
