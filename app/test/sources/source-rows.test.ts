import {
  dayIn,
  dayOrNullIn,
  decimalIn,
  decimalOrNullIn,
  readRows,
  symbolIn,
  textOrNullIn,
} from '../../src/sources/source-rows';

const row = (value: unknown) => ({ value });

describe('a value of a row', () => {
  test.each(['0', '-0.05', '7.20', '007.2', 7.2, 0, -0.05, 184_500, '91200000000000000'])('%j is a number', (value) => {
    expect(Number(decimalIn(row(value), 'value'))).toBe(Number(value));
  });

  test('a very small number is written without an exponent', () => {
    expect(decimalIn(row(5e-7), 'value')).toBe('0.0000005000');
  });

  test.each([
    ' ',
    ' 1',
    '1 ',
    '0x1F',
    '0b1',
    '1e3',
    '1E3',
    '1,000',
    '1_000',
    '+1',
    '.5',
    '5.',
    '--1',
    '1.2.3',
    '１２',
    'Infinity',
    '-',
    '1\0',
    1e21,
    true,
    [1, 2],
    `1.${'0'.repeat(20_000)}`,
  ])('%j is no number, and the reason names it', (value) => {
    const { rows, refused } = readRows([row(value)], {}, (each) => decimalOrNullIn(each, 'value'));
    expect(rows).toEqual([]);
    expect(refused[0]?.rule).toBe('not_a_number');
    expect(refused[0]?.reason).toContain(`value ${JSON.stringify(value).slice(0, 80)}`);
  });

  test.each(['', null, undefined, 'NaN', 'nan', 'None', 'NaT', '<NA>', 'NA', 'null', 'NULL', '\\N', Number.NaN])(
    '%p is empty',
    (value) => {
      expect(decimalOrNullIn(row(value), 'value')).toBeNull();
      expect(dayOrNullIn(row(value), 'value')).toBeNull();
      expect(textOrNullIn(row(value), 'value')).toBeNull();
      expect(() => decimalIn(row(value), 'value')).toThrow('value is empty');
    },
  );

  test.each([
    ['20240110', '2024-01-10'],
    [20240110, '2024-01-10'],
    ['2024-01-10', '2024-01-10'],
    ['20240110.0', '2024-01-10'],
    ['2024-01-10 00:00:00', '2024-01-10'],
    ['2024-01-10T00:00:00.000', '2024-01-10'],
    ['2024-01-10T00:00:00.000Z', '2024-01-10'],
    ['2024-01-09T16:00:00.000Z', '2024-01-10'],
    ['2024-01-10 00:00:00+08:00', '2024-01-10'],
    ['2024-01-09 16:00:00+00:00', '2024-01-10'],
  ])('%j is the day %s', (value, day) => {
    expect(dayIn(row(value), 'value')).toBe(day);
  });

  test.each([
    '',
    'NaN',
    '20240230',
    '2024-13-01',
    '2024/01/10',
    '2024-0110',
    '2024-01-10 or so',
    '20240110.5',
    '240110',
    '00000101',
    '0000-01-01',
    ' 20240110',
    '2024-01-10T99:99Z',
    1704816000000,
    {},
  ])('%j is no day, and the reason says how one is written', (value) => {
    expect(() => dayIn(row(value), 'value')).toThrow(
      `value ${JSON.stringify(value)} is not a day; write it as 20240102 or 2024-01-02`,
    );
  });

  test('is remembered by its text alone', () => {
    for (const _ of [1, 2]) {
      expect(symbolIn(row('sh600000'), 'value')).toBe('600000.SH');
      expect(() => symbolIn(row('constructor'), 'value')).toThrow("'constructor' is not a stock symbol");
      expect(() => dayIn(row('constructor'), 'value')).toThrow('is not a day');
    }
  });

  test('a text that no column of the database takes is refused, with the rest of its row', () => {
    const { refused } = readRows([row('a\0b')], { symbol: 'value', day: 'value' }, (each) =>
      textOrNullIn(each, 'value'),
    );
    expect(refused).toEqual([
      {
        symbol: null,
        day: null,
        rule: 'unknown_value',
        reason: 'value "a\\u0000b" has a NUL character',
        row: row('a\0b'),
      },
    ]);
  });
});
