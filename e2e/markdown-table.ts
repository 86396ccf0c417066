type Cell = string | number;

/** A table of Markdown, a line for each row. */
export const markdownTable = (heads: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
