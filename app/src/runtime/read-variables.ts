import { readFileSync } from 'node:fs';
import type { Definition, Necessity } from './variable';

/** The environment lacks a variable or holds one that is not allowed; the message lists every such variable. */
export class EnvironmentError extends Error {}

/** What was read of an environment, and a line for each variable that is missing or not allowed. */
export interface Read {
  values: Record<string, unknown>;
  problems: string[];
}

/** Where programs are given their variables. */
export type Given = Readonly<Record<string, string | undefined>>;

/**
 * Reads variables as they are defined: K itself, or the content of the file that K_FILE names. Nothing is thrown, so that all
 * problems are told at once.
 */
export function readVariables<K extends string>(
  definitions: Readonly<Record<K, Definition<unknown, Necessity>>>,
  keys: readonly K[],
  source: Given,
): Read {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const key of keys) {
    const definition = definitions[key];
    const refuse = (reason: string) => problems.push(`${key}: ${reason}; allowed: ${definition.allowed}`);
    const fileName = source[`${key}_FILE`];
    if (source[key] && fileName) {
      problems.push(`${key}: set both directly and through ${key}_FILE; keep one of them`);
      continue;
    }
    let given = source[key];
    if (fileName) {
      try {
        given = textOf(fileName);
      } catch (error) {
        refuse(`cannot read ${key}_FILE '${fileName}' (${(error as NodeJS.ErrnoException).code})`);
        continue;
      }
    }
    // Compose files and CI set unset variables to '', so an empty one counts as missing.
    if (!given) {
      if (definition.necessity === 'required') refuse('is not set');
      values[key] = definition.default;
      continue;
    }
    const value = definition.read(given);
    const place = fileName ? ` in ${fileName}` : '';
    if (value === undefined) refuse(`got '${definition.secret ? '***' : withoutPassword(given)}'${place}`);
    const isAllowed = (text: string) => definition.read(text) !== undefined;
    values[key] = definition.isReadAgain && fileName ? rereader(fileName, given, isAllowed) : value;
  }
  return { values, problems };
}

/** A URL as it may be shown. */
export const withoutPassword = (value: string): string => value.replace(/(:\/\/[^:/@]*):[^@]*@/, '$1:***@');

const textOf = (file: string) => readFileSync(file, 'utf8').replace(/\r?\n$/, '');

/** Reads the file at each call; while it cannot be read, or is being written, its last text counts. */
function rereader(file: string, first: string, isAllowed: (text: string) => boolean): () => string {
  let last = first;
  return () => {
    try {
      const text = textOf(file);
      if (text && isAllowed(text)) last = text;
    } catch {
      // What replaces the file may take it away first.
    }
    return last;
  };
}
