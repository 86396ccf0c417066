import { alignedTable } from '../../src/cli/table';

test('aligns what stands on the screen: Chinese characters take two places, control characters none', () => {
  expect(
    alignedTable(
      ['NAME', 'STATE'],
      [
        ['平安银行', 'listed'],
        ['line\nbreak\u001b[2J', 'x'],
        ['a', ''],
      ],
    ),
  ).toEqual(['NAME            STATE', '平安银行        listed', 'line break [2J  x', 'a']);
});
