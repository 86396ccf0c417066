import { findBarDefect } from '../../src/quality/rules';
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
    [{ low: '0' }, 'low 0 is not a price above 0 and below 100000000'],
    [{ low: '-1' }, 'low -1 is not a price above 0 and below 100000000'],
    [{ open: '100000000' }, 'open 100000000 is not a price above 0 and below 100000000'],
    [{ high: '10.10' }, 'high 10.10 is below open 10.00 or close 10.20'],
    [{ low: '10.10' }, 'low 10.10 is above open 10.00 or close 10.20'],
    [{ preClose: 'x' }, "preClose 'x' is not a number"],
    [{ changePercent: '1000000' }, 'changePercent 1000000 is out of range'],
    [{ volumeShares: -100 }, 'volume is not a number of shares from 0'],
    [{ volumeShares: Number.NaN }, 'volume is not a number of shares from 0'],
    [{ amountYuan: 'NaN' }, 'amount is not a sum of yuan from 0'],
    [{ amountYuan: '-1.00' }, 'amount is not a sum of yuan from 0'],
  ])('with %j is refused with the reason', (changes, reason) => {
    expect(findBarDefect(bar(changes))?.reason).toBe(reason);
  });
});
