import { Problem } from './problem';

/** Forms of the keys by which lists are ordered. */
export const symbolKey = /^\d{6}\.(SH|SZ|BJ)$/;
export const dayKey = /^\d{4}-\d{2}-\d{2}$/;
export const suspensionKey = /^\d{6}\.(SH|SZ|BJ) (suspended|resumed) \d{1,18}$/;
export const numberKey = /^\d{1,18}$/;

/** The place in a list after which the next page begins, as a text clients hand back unread. */
export const encodeCursor = (lastKey: string): string => Buffer.from(lastKey).toString('base64url');

/**
 * The key a cursor stands for.
 *
 * @throws Problem `invalid_cursor` when it is none of ours
 */
export function decodeCursor(cursor: string, form: RegExp): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!form.test(key) || encodeCursor(key) !== cursor) {
    throw new Problem(
      400,
      'invalid_cursor',
      `cursor '${cursor}' is not one this list gave; leave it out to start at the beginning`,
    );
  }
  return key;
}
