import stringWidth from 'string-width';
import { print } from './terminal';

/** On one line, and without what would move the cursor. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

/** Rows under a header, each column as wide on the screen as its widest cell; a Chinese character takes two places. */
export function alignedTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [header, ...rows].map((line) => line.map(oneLine));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => stringWidth(line[column] ?? ''))));
  return lines.map((line) =>
    line
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
}

const letters = new Intl.Segmenter();

/** A line of no more columns; a Chinese character takes two of them. */
export function cut(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line;
  let found = '';
  let width = 0;
  for (const { segment } of letters.segment(line)) {
    width += stringWidth(segment);
    if (width >= columns) break;
    found += segment;
  }
  return `${found}…`;
}

/** A moment to the second, in UTC. */
export const momentText = (moment: Date | null): string => (moment ? `${moment.toISOString().slice(0, 19)}Z` : '-');

export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const line of alignedTable(header, rows)) print(line);
}
