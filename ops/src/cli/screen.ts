import { cut } from '../../../app/src/cli/table';
import { isDumbTerminal } from '../environment';

const home = '\x1b[H';
const eraseRestOfLine = '\x1b[K';
const eraseBelow = '\x1b[J';

/** What is used of one. */
interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** Of a terminal that does not tell its size. */
const usual = { columns: 80, rows: 24 };

export const columnsOf = ({ columns }: Pick<Terminal, 'columns'>): number => columns || usual.columns;

/** Whether what was shown can be drawn over: not into a file or a pipe, nor where the terminal knows no escape sequences. */
export const canRedraw = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && !isDumbTerminal();

/**
 * Lines that are drawn over and over from the top of a terminal, as much of them as fits, and anew when its size changes. It leaves the
 * terminal as it is: there is nothing to restore.
 */
export class Screen {
  #lines: readonly string[] = [];

  constructor(readonly terminal: Terminal) {
    terminal.on('resize', this.#draw);
  }

  /** @param lines the most important first */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    this.#draw();
  }

  /** Draws no more. */
  close(): void {
    this.terminal.off('resize', this.#draw);
  }

  #draw = (): void => {
    const columns = columnsOf(this.terminal);
    const rows = this.terminal.rows || usual.rows;
    // One row is the cursor's.
    const shown = fitting(this.#lines, rows - 1).map((line) => cut(line, columns) + eraseRestOfLine);
    this.terminal.write(`${home}${shown.join('\n')}\n${eraseBelow}`);
  };
}

function fitting(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = lines.slice(0, Math.max(1, rows - 1));
  return [...shown, `… and ${lines.length - shown.length} more lines`];
}
