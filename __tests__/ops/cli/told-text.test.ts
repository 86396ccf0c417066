import { parseToldText } from '../../../ops/src/cli/told-text';

test('a text for others is one line', () => {
  expect(parseToldText('  the quarter is being closed 季末 ')).toBe('the quarter is being closed 季末');
});

test.each([
  ['empty', ' '],
  ['of two lines', 'one\ntwo'],
  ['that colours the terminals of others', '\u001b[31mred'],
  ['without end', 'x'.repeat(501)],
])('a text %s is refused', (_what, text) => {
  expect(() => parseToldText(text)).toThrow('allowed: one line of 1 to 500 characters');
});
