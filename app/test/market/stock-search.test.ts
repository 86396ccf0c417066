import { searchForm, searchTextOf } from '../../src/market/stock-search';

describe('what a stock is found by', () => {
  test.each([
    ['万科A', '万科a wankea wka'],
    ['重庆啤酒', '重庆啤酒 chongqingpijiu cqpj'],
    ['长安汽车', '长安汽车 changanqiche caqc'],
    ['平安银行', '平安银行 pinganyinhang payh'],
    ['*ST绿康', '*st绿康 *stlvkang *stlk'],
    ['TCL科技', 'tcl科技 tclkeji tclkj'],
  ])('%s: %s', async (name, expected) => {
    expect(await searchTextOf(name)).toBe(expected);
  });

  test('is compared without spaces, wide letters and capitals', () => {
    expect(searchForm('万  科Ａ')).toBe('万科a');
    expect(searchForm('ＳＴ　中安')).toBe('st中安');
  });
});
