import { createApiKey } from '../../../src/access/api-key';
import { createTestApi, secretKey, type TestApi } from '../../support/api';

describe('the interface of Tushare Pro', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.database.pool.query(`
      INSERT INTO stock (symbol, name, list_status, list_date, source) VALUES
        ('600000.SH', '浦发银行', 'listed', '1999-11-10', 'tushare'), ('688001.SH', '华兴源创', 'delisted', '2019-07-22', 'tushare'),
        ('920163.BJ', '方大新材', 'listed', '2020-07-27', 'tushare');
      INSERT INTO stock_data (symbol, trade_date, open, high, low, close, pre_close, volume, amount, source) VALUES
        ('600000.SH', '2024-01-02', 10, 11, 9, 10.5, 10, 52515277, 460697377, 'tushare'),
        ('600000.SH', '2024-01-03', 10, 11, 9, 10.6, 10.5, 100, 1050.5, 'tushare'),
        ('920163.BJ', '2024-01-03', 5, 5, 5, 5, NULL, 100, 500, 'tushare');
      INSERT INTO adjustment_factor VALUES
        ('600000.SH', 'akshare', '2024-01-02', 2), ('600000.SH', 'akshare', '2024-01-03', 2.5),
        ('600000.SH', 'wind', '2024-01-02', 9), ('920163.BJ', 'wind', '2024-01-03', 3);
      INSERT INTO trading_calendar VALUES
        ('2024-01-01', false, 'tushare'), ('2024-01-02', true, 'tushare'), ('2024-01-03', true, 'tushare');
      INSERT INTO suspension VALUES ('600000.SH', '2024-01-03', 'suspended', '09:30-10:00', 'tushare');
      INSERT INTO suspension VALUES ('920163.BJ', '2024-01-04', 'suspended', NULL, 'tushare');
      INSERT INTO symbol_alias VALUES ('838163.BJ', '920163.BJ', '2025-10-09', 'tushare')`);
  });
  afterAll(() => api.close());

  async function ask(apiName: string, params: object = {}, fields = '', token = api.keys.read) {
    const response = await api.server.inject({
      method: 'POST',
      url: '/tushare',
      payload: { api_name: apiName, token, params, fields },
    });
    expect(response.statusCode).toBe(200);
    return response.json();
  }
  const items = async (apiName: string, params: object = {}, fields = '') =>
    (await ask(apiName, params, fields)).data.items;

  test('gives daily bars, the newest first, in lots and thousand yuan', async () => {
    expect(await ask('daily', { ts_code: '600000.SH', start_date: '20240101', end_date: '' })).toEqual({
      request_id: expect.any(String),
      code: 0,
      msg: '',
      data: {
        fields: [
          'ts_code',
          'trade_date',
          'open',
          'high',
          'low',
          'close',
          'pre_close',
          'change',
          'pct_chg',
          'vol',
          'amount',
        ],
        items: [
          ['600000.SH', '20240103', 10, 11, 9, 10.6, 10.5, null, null, 1, 1.0505],
          ['600000.SH', '20240102', 10, 11, 9, 10.5, 10, null, null, 525152.77, 460697.377],
        ],
        has_more: false,
        count: -1,
      },
    });
  });

  test('is also asked under the name of the interface, as the SDK does', async () => {
    const response = await api.server.inject({
      method: 'POST',
      url: '/tushare/daily',
      payload: {
        token: api.keys.read,
        params: { trade_date: '20240103', ts_type_name: 'http://here', limit: null },
        fields: 'close,ts_code',
      },
    });
    expect(response.json().data).toMatchObject({
      fields: ['close', 'ts_code'],
      items: [
        [10.6, '600000.SH'],
        [5, '920163.BJ'],
      ],
    });
  });

  test('gives the factors of one source for each stock', async () => {
    expect(await items('adj_factor', { ts_code: '600000.SH' })).toEqual([
      ['600000.SH', '20240103', 2.5],
      ['600000.SH', '20240102', 2],
    ]);
    expect(await items('adj_factor', { trade_date: '20240103' })).toEqual([
      ['600000.SH', '20240103', 2.5],
      ['920163.BJ', '20240103', 3],
    ]);
  });

  test('gives listed stocks unless others are asked for', async () => {
    const fields = 'ts_code,symbol,market,list_status';
    expect(await items('stock_basic', {}, fields)).toEqual([
      ['600000.SH', '600000', '主板', 'L'],
      ['920163.BJ', '920163', '北交所', 'L'],
    ]);
    expect(await items('stock_basic', { list_status: 'D', exchange: 'SSE' }, fields)).toEqual([
      ['688001.SH', '688001', '科创板', 'D'],
    ]);
  });

  test('gives the calendar with the trading day before, suspensions and renumbered stocks', async () => {
    expect(await items('trade_cal', { exchange: 'SZSE', start_date: '20240102' })).toEqual([
      ['SZSE', '20240103', 1, '20240102'],
      ['SZSE', '20240102', 1, null],
    ]);
    expect(await items('suspend_d', { suspend_type: 'S', trade_date: '20240103' })).toEqual([
      ['600000.SH', '20240103', '09:30-10:00', 'S'],
    ]);
    expect(await items('bse_mapping')).toEqual([['方大新材', '838163.BJ', '920163.BJ', '20200727']]);
  });

  test('gives pages that make up the whole', async () => {
    const days = { start_date: '20240101', end_date: '20240131' };
    const whole = await items('daily', days);
    const first = await ask('daily', { ...days, limit: 2 });
    const second = await ask('daily', { ...days, limit: '2', offset: 2 });
    expect([first.data.has_more, second.data.has_more]).toEqual([true, false]);
    expect([...first.data.items, ...second.data.items]).toEqual(whole);
  });

  test.each([
    ['moneyflow', {}, '', -2001, /there is no interface 'moneyflow' here; there are daily, /],
    ['constructor', {}, '', -2001, /there is no interface/],
    ['daily', { trade_date: '20240230' }, '', -2001, /'20240230' is not a day/],
    ['daily', { ts_code: 'AAPL' }, '', -2001, /'AAPL' is not a stock symbol/],
    ['daily', { color: 'red' }, '', -2001, /has no parameter 'color' here; it has ts_code, /],
    ['daily', {}, 'close,beta', -2001, /has no field 'beta' here; it has ts_code, /],
    ['daily', { trade_date: '20240103', offset: -1 }, '', -2001, /offset '-1'/],
    ['daily', { trade_date: '20240103', offset: 100_001 }, '', -2001, /offset 100001 is above 100000; ask for fewer/],
    ['daily', { trade_date: '20240103', offset: 1e300 }, '', -2001, /offset '1e\+300' is not a whole number from 0/],
    ['daily', {}, '', -2001, /add ts_code, trade_date, or start_date and end_date that are at most 31 days/],
    ['daily', { start_date: '20240101' }, '', -2001, /add ts_code, trade_date/],
    ['adj_factor', { start_date: '20240101', end_date: '20240201' }, '', -2001, /add ts_code, trade_date/],
    ['suspend_d', { suspend_type: 'S' }, '', -2001, /add ts_code, trade_date/],
    ['daily', { ts_code: ',', trade_date: '20240103' }, '', -2001, /ts_code "," names nothing; leave it out/],
    ['daily', { ts_code: [], trade_date: '20240103' }, '', -2001, /ts_code \[\] names nothing/],
    ['stock_basic', { list_status: [''] }, '', -2001, /list_status \[""\] names nothing/],
    ['daily', { ts_code: {}, trade_date: '20240103' }, '', -2001, /ts_code {} is no text/],
    ['daily', { ts_code: Array(101).fill('600000.SH').join() }, '', -2001, /101 stocks are too many/],
    ['daily', { trade_date: '20240103' }, Array(51).fill('close').join(), -2001, /51 fields are too many/],
    ['trade_cal', { exchange: 'NYSE' }, '', -2001, /allowed: SSE, SZSE, BSE/],
  ])('answers %s with %j, %j by code %i', async (apiName, params, fields, code, msg) => {
    expect(await ask(apiName, params, fields)).toEqual({
      request_id: expect.any(String),
      code,
      msg: expect.stringMatching(msg),
      data: null,
    });
  });

  test('takes fields as a list, and empty texts for what is not given', async () => {
    const joined = await ask('daily', { ts_code: '600000.SH' }, 'ts_code,close');
    const body = { api_name: 'daily', token: api.keys.read };
    const list = { ...body, params: { ts_code: '600000.SH', trade_date: '', limit: '' }, fields: ['ts_code', 'close'] };
    const calendar = { ...body, api_name: 'trade_cal' };
    const empty = { ...calendar, params: '', fields: '' };
    const [asList, asEmpty, asNull] = await Promise.all(
      [list, empty, { ...calendar, params: null }].map(async (payload) =>
        (await api.server.inject({ method: 'POST', url: '/tushare', payload })).json(),
      ),
    );
    expect(asList.data).toEqual(joined.data);
    expect(joined.data.items).toHaveLength(2);
    const whole = await ask('trade_cal');
    expect([asEmpty.data, asNull.data]).toEqual([whole.data, whole.data]);
  });

  test.each([
    [{ ts_code: ['600000.SH'], start_date: 20240101, limit: null, offset: '' }, ['ts_code,close']],
    [{ ts_code: ' 600000.SH ', trade_date: ' ', start_date: '2024-01-01' }, ' ts_code , close '],
    [{ ts_code: '600000.SH,', list: '' }, ['ts_code', ' close']],
  ])('reads %j with the fields %j as joined text', async (params, fields) => {
    const payload = { api_name: 'daily', token: api.keys.read, params, fields };
    const given = await api.server.inject({ method: 'POST', url: '/tushare', payload });
    expect(given.json().data).toEqual((await ask('daily', { ts_code: '600000.SH' }, 'ts_code,close')).data);
  });

  test('finds a renumbered stock by its old number', async () => {
    for (const [apiName, rows] of [
      ['daily', 1],
      ['adj_factor', 1],
      ['stock_basic', 1],
      ['suspend_d', 1],
    ] as const) {
      const found = await items(apiName, { ts_code: '838163.BJ' });
      expect(found).toHaveLength(rows);
      expect(found).toEqual(await items(apiName, { ts_code: '920163.BJ' }));
    }
    expect(await items('daily', { ts_code: '838163.BJ,600000.SH' })).toHaveLength(3);
  });

  const inherited = Object.getOwnPropertyNames(Object.prototype);

  test('takes nothing that objects inherit for a parameter, a field or a value', async () => {
    const condition = "day=DATE '2024-01-02' AND pg_sleep(3) IS NOT NULL";
    for (const name of inherited) {
      const asParameter = JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(condition)}}`);
      const answers = [
        await ask('trade_cal', asParameter),
        await ask('trade_cal', {}, name),
        await ask('trade_cal', { is_open: name }),
        await ask(name),
      ];
      expect(answers.map(({ code }) => code)).toEqual([-2001, -2001, -2001, -2001]);
    }
  });

  test('knows clients by their token, and counts their requests', async () => {
    expect(await ask('daily', {}, '', 'no key')).toMatchObject({ code: 40101, data: null });
    expect(await ask('daily', {}, '', api.keys.write)).toMatchObject({ code: 2002 });
    const { key } = await createApiKey(api.database.reader, secretKey, 'limited', ['read'], 1);
    expect(await ask('trade_cal', {}, '', key)).toMatchObject({ code: 0 });
    expect(await ask('trade_cal', {}, '', key)).toMatchObject({ code: 40203 });
    const response = await api.server.inject({ method: 'POST', url: '/tushare', payload: { token: 5 } });
    expect([response.statusCode, response.json().code]).toEqual([200, 40101]);
  });

  test('never looks like an answer without rows when the database fails', async () => {
    await api.database.owner.query('ALTER TABLE stock_data RENAME TO hidden');
    expect(await ask('daily', { trade_date: '20240103' })).toMatchObject({
      code: -1,
      msg: 'the server failed; try again',
      data: null,
    });
    await api.database.owner.query('ALTER TABLE hidden RENAME TO stock_data');
  });
});
