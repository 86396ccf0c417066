import { texts, translator } from '../../web/text.js';

const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

test('every text is there in both languages, with the same values', () => {
  expect(Object.keys(texts.zh).sort()).toEqual(Object.keys(texts.en).sort());
  for (const [key, english] of Object.entries(texts.en)) {
    const chinese = texts.zh[key as keyof typeof texts.zh];
    expect(chinese).not.toBe('');
    expect([key, placeholders(chinese)]).toEqual([key, placeholders(english)]);
  }
});

test('a value is put in as it is', () => {
  expect(translator('en')('search.none', { query: '<b>$&</b>' })).toContain('“<b>$&</b>”');
  expect(translator('zh')('datasets.late', { count: 2 })).toBe('2 项滞后');
});
