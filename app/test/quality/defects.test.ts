import { findBarDefect, unitCheck } from '../../src/quality/defects';
import { bar } from '../support/bars';

describe('a daily bar', () => {
  test('that is in order has no defect', () => {
    expect(findBarDefect(bar())).toBeUndefined();
    expect(findBarDefect(bar({ preClose: null, change: null, changePercent: null }))).toBeUndefined();
    expect(findBarDefect(bar({ volumeShares: 0, amountYuan: '0.00' }))).toBeUndefined();
  });

  test.each([
    [{ open: 'n/a' }, "open 'n/a' is not a number"],
    [{ close: '' }, "close '' is not a number"],
    [{ close: 'Infinity' }, "close 'Infinity' is not a number"],
    [{ low: '0' }, 'low 0 is not a price from 0.0001 to 99999999.9999'],
    [{ low: '-1' }, 'low -1 is not a price from 0.0001 to 99999999.9999'],
    [{ open: '100000000' }, 'open 100000000 is not a price from 0.0001 to 99999999.9999'],
    [{ open: '99999999.99995' }, 'open 99999999.99995 is not a price from 0.0001 to 99999999.9999'],
    [{ low: '0.00004' }, 'low 0.00004 is not a price from 0.0001 to 99999999.9999'],
    [{ preClose: '-7.28' }, 'pre_close -7.28 is not a price from 0.0001 to 99999999.9999'],
    [{ preClose: '0' }, 'pre_close 0 is not a price from 0.0001 to 99999999.9999'],
    [{ change: '-1000000' }, 'change -1000000 is out of range'],
    [{ high: '10.10' }, 'high 10.10 is below open 10.00 or close 10.20'],
    [{ low: '10.10' }, 'low 10.10 is above open 10.00 or close 10.20'],
    [{ preClose: 'x' }, "pre_close 'x' is not a number"],
    [{ changePercent: '1000000' }, 'pct_chg 1000000 is out of range'],
    [{ volumeShares: -100 }, 'volume -100 is not a number of shares from 0'],
    [{ volumeShares: Number.NaN }, 'volume NaN is not a number of shares from 0'],
    [{ amountYuan: 'NaN' }, 'amount NaN is not a sum of yuan from 0'],
    [{ amountYuan: '-1.00' }, 'amount -1.00 is not a sum of yuan from 0'],
    [{ volumeShares: 1e16 }, 'volume 10000000000000000 is not a number of shares from 0'],
    [{ amountYuan: '999999999999999999.999' }, 'amount 999999999999999999.999 is out of range'],
  ])('with %j is refused with the reason', (changes, reason) => {
    expect(findBarDefect(bar(changes))?.reason).toBe(reason);
  });
});

describe('the amount of a day', () => {
  test.each([
    ['600000.SH', '10150000', true],
    ['600000.SH', '101500000', false],
    ['900901.SH', '10150000', true],
    ['900901.SH', '72000000', true],
    ['900901.SH', '101500000', false],
    ['200002.SZ', '10150000', true],
    ['201872.SZ', '9300000', true],
    ['201872.SZ', '101500000', false],
  ])('of %s may be %s by a million shares at 10.15: %s', (symbol, amountYuan, isPossible) => {
    expect(unitCheck(bar({ symbol, amountYuan })) === undefined).toBe(isPossible);
  });

  test('is nothing where nothing was traded', () => {
    expect(unitCheck(bar({ volumeShares: 0, amountYuan: '0.00' }))).toBeUndefined();
    expect(unitCheck(bar({ volumeShares: 0 }))?.rule).toBe('unit_check');
  });
});
