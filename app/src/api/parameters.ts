import { Type } from 'typebox';
import type { JsonRow } from '../database/json-rows';
import { dayInShanghai, isDay } from '../market/trading-day';
import { encodeCursor } from './cursor';
import { Problem, problemSchema } from './problem';
import { dayKeyword } from './validation';

// What routes have in common.

const problem = { content: { 'application/problem+json': { schema: problemSchema } } };
export const errors = { '4xx': problem, '5xx': problem };
export const security: Record<string, string[]>[] = [{ apiKey: [] }, { bearer: [] }, { basic: [] }];

/** For routes without parameters: a client that sends some means something else. */
export const noParameters = Type.Object({}, { additionalProperties: false });

export const symbolParameter = Type.Object({
  symbol: Type.String({ maxLength: 20, description: '600000.SH, or sh600000, 600000, 600000.XSHG, 1.600000' }),
});

export const cursorParameter = Type.Optional(
  Type.String({ maxLength: 64, description: 'next_cursor of the page before' }),
);

export const limitParameter = (maximum: number) =>
  Type.Integer({ minimum: 1, maximum, default: 100, description: 'Most rows to answer with' });

export const paging = { limit: limitParameter(1000), cursor: cursorParameter };

/** A day, written as 2024-01-02 or 20240102; routes get it as 2024-01-02. */
export const dayParameter = (description: string, rest: { default?: string } = {}) =>
  Type.String({ format: 'date', [dayKeyword]: true, description: `${description}; also as 20240102`, ...rest });

/** The first and the last day of a range; all days when left out. */
export const dayRange = {
  start: dayParameter('First day', { default: '1990-01-01' }),
  end: dayParameter('Last day', { default: '9999-12-31' }),
};

/** @throws Problem `invalid_request` when the range is empty */
export function requireOrder(start: string, end: string): void {
  if (start > end) throw new Problem(400, 'invalid_request', `start ${start} is after end ${end}; swap them`);
}

/** @throws Problem `invalid_cursor` when the key of a cursor is no day */
export function requireDay(key: string, cursor: string): string {
  if (!isDay(key)) throw new Problem(400, 'invalid_cursor', `cursor '${cursor}' is not one this list gave`);
  return key;
}

export const today = (): string => dayInShanghai(new Date());

/** The page that a query for one row more than the limit gave. */
export function pageOf(rows: readonly JsonRow[], limit: number) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: `[${shown.map(({ json }) => json).join(',')}]`,
    nextCursor: rows.length > limit && last ? encodeCursor(last.key) : null,
    sources: [...new Set(shown.map(({ source }) => source))].filter((source) => source !== null).sort(),
  };
}
