// Names of the files of the write-ahead log, as PostgreSQL gives them.

/** Whole files, and the history of a timeline. */
export const wholeForm = /^([0-9A-F]{24}|[0-9A-F]{8}\.history)$/;
/** Ends the name of the one that is being received. */
export const partial = '.partial';

/** A file of the log that is somewhere. */
export interface LogFile {
  /** Without the mark of one that is not whole. */
  name: string;
  isPartial: boolean;
}

const segmentsOfLog = 256;

/** The name of the file of the log that follows, for files of 16 MiB. */
export function nextLogFile(name: string): string {
  const [timeline, log, segment] = [name.slice(0, 8), name.slice(8, 16), name.slice(16)];
  const next = Number.parseInt(log, 16) * segmentsOfLog + Number.parseInt(segment, 16) + 1;
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
  return timeline + hex(Math.floor(next / segmentsOfLog)) + hex(next % segmentsOfLog);
}

/**
 * Whether the log goes on without a gap from a file on: moments after a gap need another base. Of files that are not whole only the last
 * is no gap.
 */
export function isLogWhole(files: readonly LogFile[], first: string): boolean {
  const later = files.filter(({ name }) => name.length === first.length && name >= first);
  const whole = new Set(later.filter(({ isPartial }) => !isPartial).map(({ name }) => name));
  const names = [...new Set(later.map(({ name }) => name))].sort();
  let expected = first;
  for (const name of names) {
    if (name !== expected || (!whole.has(name) && name !== names.at(-1))) return false;
    expected = nextLogFile(name);
  }
  return true;
}
