import fc from 'fast-check';
import { adjustments, ranges, readKey, readView, sections, writeView } from '../../web/address.js';

test('a view survives its way through the address', () => {
  const view = fc.record({
    section: fc.constantFrom(...sections),
    symbol: fc.option(fc.string({ minLength: 1 })),
    range: fc.constantFrom(...ranges),
    adjust: fc.constantFrom(...adjustments),
  });
  fc.assert(fc.property(view, (wanted) => expect(readView(writeView(wanted))).toEqual(wanted)));
});

test('a link may be written by hand', () => {
  expect(readView('?view=operations&symbol=604981.SH&adjust=qfq&range=5Y')).toEqual({
    section: 'operations',
    symbol: '604981.SH',
    adjust: 'qfq',
    range: '5Y',
  });
});

test('what an address does not say, or says wrongly, is the default', () => {
  expect(readView('?view=none&adjust=twice&range=7W&symbol=')).toEqual({
    section: 'stocks',
    symbol: null,
    adjust: 'none',
    range: '1Y',
  });
  expect(writeView(readView(''))).toBe('');
});

test('a fragment hands over a key', () => {
  expect(readKey('#key=sk_1_a-b')).toBe('sk_1_a-b');
  expect(readKey('#main')).toBeNull();
  expect(readKey('')).toBeNull();
});
