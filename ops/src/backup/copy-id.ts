import { randomBytes } from 'node:crypto';

const form = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

/** The name of a copy: the moment of its snapshot to the second, in UTC, and random characters: 20261126T023000Z-4f1c9a. */
export function newCopyId(moment: Date): string {
  const time = `${moment.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  return `${time}-${randomBytes(3).toString('hex')}`;
}

/** Whether a text is the name of a copy; nothing else ever becomes a path of the store. */
export const isCopyId = (text: string): boolean => form.test(text);
