import type { z } from 'zod';
import { Refusal } from '../failures';

// The small files that stockops writes beside what it keeps, and finds again as it wrote them, or not at all.

export const writeStored = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`;

/** What a text holds; undefined where there is none, and where it is not what was written. */
export function readStored<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** As `readStored`. @param place where the text is, for people @throws Refusal when it is not what was written */
export function requireStored<T>(schema: z.ZodType<T>, text: string | undefined, place: string): T | undefined {
  const found = readStored(schema, text);
  if (found !== undefined || text === undefined) return found;
  throw new Refusal(`${place} is not what stockops wrote; put it back, or move it away to begin anew`);
}
