/** A name or part of one as stocks are searched by: in small letters, without spaces, wide letters as usual ones. */
export const searchForm = (text: string): string => text.normalize('NFKC').replace(/\s/g, '').toLowerCase();

/** What a stock is found by: its name, its name in pinyin such as wankea, and the initials of that such as wka. */
export async function searchTextOf(name: string): Promise<string> {
  // Its dictionary takes a tenth of a second to read, and only lists of stocks need it.
  const { pinyin } = await import('pinyin-pro');
  const plain = searchForm(name);
  const syllables = pinyin(plain, { toneType: 'none', type: 'array', nonZh: 'consecutive', v: true });
  const initials = pinyin(plain, { pattern: 'first', toneType: 'none', type: 'array', nonZh: 'consecutive' });
  return [plain, syllables.join(''), initials.join('')].join(' ');
}
