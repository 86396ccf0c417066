import { EventEmitter } from 'node:events';
import { cut } from '../../../app/src/cli/table';
import { canRedraw, Screen } from '../../../ops/src/cli/screen';

/** A terminal that keeps what was drawn last. */
class FakeTerminal extends EventEmitter {
  drawn = '';

  constructor(
    public columns: number,
    public rows: number,
  ) {
    super();
  }

  write(text: string): boolean {
    this.drawn = text;
    return true;
  }

  /** What is to be read. */
  get lines(): string[] {
    return this.drawn.replaceAll('\x1b[K', '').replace('\x1b[H', '').replace('\x1b[J', '').trimEnd().split('\n');
  }
}

test('a screen shows as much of its lines as fits, and draws them anew when its size changes', () => {
  const terminal = new FakeTerminal(20, 4);
  const screen = new Screen(terminal);
  screen.show(['the first of all the lines', '行情数据都在这里了吗是的', 'third', 'fourth']);
  expect(terminal.lines).toEqual(['the first of all th…', '行情数据都在这里了…', '… and 2 more lines']);
  Object.assign(terminal, { columns: 80, rows: 24 });
  terminal.emit('resize');
  expect(terminal.lines).toEqual(['the first of all the lines', '行情数据都在这里了吗是的', 'third', 'fourth']);
  screen.close();
  expect(terminal.listenerCount('resize')).toBe(0);
});

test('a terminal that does not tell its size is taken for a usual one', () => {
  const terminal = new FakeTerminal(0, 0);
  new Screen(terminal).show(['x'.repeat(100)]);
  expect(terminal.lines).toEqual([`${'x'.repeat(79)}…`]);
});

test('nothing is drawn over in a file, a pipe or a terminal without escape sequences', () => {
  const given = process.env.TERM;
  const stream = (isTTY: boolean) => ({ isTTY }) as NodeJS.WriteStream;
  try {
    process.env.TERM = 'xterm';
    expect([canRedraw(stream(true)), canRedraw(stream(false))]).toEqual([true, false]);
    process.env.TERM = 'dumb';
    expect(canRedraw(stream(true))).toBe(false);
  } finally {
    process.env.TERM = given;
    if (given === undefined) delete process.env.TERM;
  }
});

test('a line is cut where the next character has no room', () => {
  expect([cut('abc', 3), cut('abcd', 3), cut('行情数', 4), cut('行情', 1)]).toEqual(['abc', 'ab…', '行…', '…']);
});
