import { print } from './terminal';

/** Rows under a header, each column as wide as its widest cell. */
export function alignedTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A moment to the second, in UTC. */
export const momentText = (moment: Date | null): string => (moment ? `${moment.toISOString().slice(0, 19)}Z` : '-');

export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const line of alignedTable(header, rows)) print(line);
}
