import { ingest } from '../../src/ingest/ingest';
import type { IngestRequest } from '../../src/ingest/ingest-request';
import type { IngestResult } from '../../src/ingest/ingest-result';
import { createAkshareSource } from '../../src/sources/akshare';
import { parseSourcePriority, type SourcePriority } from '../../src/sources/priority';
import type { MarketDataSource, Part } from '../../src/sources/source';
import { SourceError } from '../../src/sources/source-error';
import { bar } from '../support/bars';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { accessTo, type FakeSource, fakeSource } from '../support/fake-source';
import { ingestContext } from '../support/ingest';
import { openSourceAccess } from '../support/source-access';
import { startFakeAktools } from '../support/upstreams/akshare';
import { quoteMoment } from '../support/upstreams/fake-upstream';

const day = '2024-01-02';
const symbols = ['003981.SZ', '003982.SZ', '003985.SZ', '604981.SH'];

describe('one bad item', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() =>
    database.owner.query('TRUNCATE stock, stock_data, suspension, quarantine, source_api, ingest_run, job CASCADE'),
  );
  afterAll(() => database.drop());

  const select = async (statement: string) => (await database.pool.query(statement)).rows;
  const newJob = async () =>
    (await select(`INSERT INTO job (type, request) VALUES ('ingest', '{}') RETURNING id`))[0].id;
  const storedSymbols = async () =>
    (await select('SELECT symbol FROM stock_data ORDER BY symbol')).map((row) => row.symbol);

  /** Loads bars from a fake AKTools, as a worker would. */
  async function loadFromAktools(
    failingCodes: Record<string, 404 | 500>,
    asked: string[],
    jobId?: string,
  ): Promise<{ result: IngestResult; askedCodes: (string | undefined)[] }> {
    const upstream = await startFakeAktools({ failingCodes });
    const { fetchers } = createAkshareSource({ url: upstream.url, token: undefined, now: () => quoteMoment });
    // The budget of calls a minute is not what is looked at.
    const daily = { ...fetchers.daily, callsPerMinute: 1_000_000 };
    const source: MarketDataSource = { name: 'akshare', fetchers: { daily } };
    const access = openSourceAccess({ database: database.pool, sources: [source], priority: 'akshare' });
    const request: IngestRequest = { dataset: 'daily', source: 'akshare', symbols: asked, start: day, end: day };
    try {
      await database.pool.query('UPDATE source_api SET open_until = NULL');
      const result = await ingest(
        ingestContext(database.pool, { access, priority: parseSourcePriority('akshare') as SourcePriority }),
        request,
        { jobId, signal: new AbortController().signal },
      );
      return { result, askedCodes: upstream.requests.map(({ query }) => query.symbol) };
    } finally {
      await upstream.close();
    }
  }

  test.each([404, 500] as const)(
    'a stock that is answered with %i keeps no other back, is asked for again, and is named',
    async (status) => {
      const { result, askedCodes } = await loadFromAktools({ '003981': status }, symbols);
      expect(await storedSymbols()).toEqual(symbols.slice(1));
      expect(result).toMatchObject({ inserted: 3, failed_parts: [{ symbols: ['003981.SZ'], source: 'akshare' }] });
      expect(result.failed_parts[0]?.reason).toContain(`HTTP ${status}`);
      expect(askedCodes.at(-1)).toBe('003981');
      expect(await select('SELECT state, failed_parts, error FROM ingest_run')).toEqual([
        {
          state: 'completed',
          failed_parts: 1,
          error: expect.stringContaining('003981.SZ: akshare stock_zh_a_hist: HTTP'),
        },
      ]);
    },
  );

  test('stocks that fail side by side until the breaker opens stand last in the next attempt', async () => {
    const jobId = await newJob();
    const failing = { '003981': 500, '003982': 500 } as const;
    await expect(loadFromAktools(failing, symbols, jobId)).rejects.toMatchObject({ kind: 'breaker_open' });
    expect(await storedSymbols()).toEqual([]);
    const { result, askedCodes } = await loadFromAktools(failing, symbols, jobId);
    expect(askedCodes.slice(0, 2)).toEqual(['003985', '604981']);
    expect(await storedSymbols()).toEqual(['003985.SZ', '604981.SH']);
    expect(result.failed_parts.map((part) => part.symbols)).toEqual([['003981.SZ'], ['003982.SZ']]);
  });

  test('a stock that the first source does not give comes from the next', async () => {
    const refusing = (refused: string) => async (part: Part) => {
      if (part.symbols?.includes(refused)) throw new SourceError('request', `no ${refused}`);
      return [bar({ symbol: part.symbols?.[0] })];
    };
    const first = fakeSource('tushare', 'daily', 'symbol', refusing('600001.SH'));
    const second = fakeSource('akshare', 'daily', 'symbol', refusing('none'));
    const result = await loadFrom([first, second], ['600000.SH', '600001.SH', '600002.SH']);
    expect(second.asked.map((part) => part.symbols)).toEqual([['600001.SH']]);
    expect(result).toMatchObject({ source: 'mixed', inserted: 3, failed_parts: [] });
    expect(result.fallback_from).toEqual([{ source: 'tushare', kind: 'request', reason: 'no 600001.SH' }]);
  });

  const loadFrom = (sources: FakeSource[], asked: string[] | null, jobId?: string, end = day) =>
    ingest(
      ingestContext(database.pool, {
        access: accessTo(...sources),
        priority: parseSourcePriority('tushare,akshare') as SourcePriority,
      }),
      { dataset: 'daily', source: 'auto', symbols: asked, start: day, end },
      { jobId, signal: new AbortController().signal },
    );

  test('a day of the market that does not come keeps no other back, and the job is tried again for that day', async () => {
    const jobId = await newJob();
    let isBack = false;
    const source = fakeSource('tushare', 'daily', 'day', async ({ start }) => {
      if (start === '2024-01-03' && !isBack) throw new SourceError('data', 'the answer is no table');
      return [bar({ tradeDate: start })];
    });
    await expect(loadFrom([source], null, jobId, '2024-01-05')).rejects.toThrow('the answer is no table');
    const stored = 'SELECT trade_date FROM stock_data ORDER BY trade_date';
    expect((await select(stored)).map((row) => row.trade_date)).toEqual(['2024-01-02', '2024-01-04', '2024-01-05']);
    isBack = true;
    source.asked.length = 0;
    await loadFrom([source], null, jobId, '2024-01-05');
    expect(source.asked.map(({ start }) => start)).toEqual(['2024-01-03']);
    expect(await select(stored)).toHaveLength(4);
  });

  test('is given up with its source when twenty in a row fail', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `6000${String(index).padStart(2, '0')}.SH`);
    const source = fakeSource('tushare', 'daily', 'symbol', async ({ symbols: asked }) => {
      if (asked?.[0] !== '600000.SH') throw new SourceError('request', 'unknown');
      return [bar()];
    });
    await expect(loadFrom([source], many)).rejects.toThrow('unknown');
    expect(source.asked.length).toBeLessThanOrEqual(22);
  });

  test('a row that PostgreSQL refuses is in quarantine, and the rest of the day is stored', async () => {
    await database.owner.query(
      "ALTER TABLE stock_data ADD CONSTRAINT unlucky CHECK (symbol NOT IN ('600013.SH', '600017.SH'))",
    );
    try {
      const rows = Array.from({ length: 20 }, (_, index) =>
        bar({ symbol: `6000${String(index).padStart(2, '0')}.SH` }),
      );
      const source = fakeSource('tushare', 'daily', 'day', async () => rows);
      expect(await loadFrom([source], null)).toMatchObject({ read: 20, inserted: 18, quarantined: 2 });
      expect(await select('SELECT symbol, day, rule, reason FROM quarantine ORDER BY symbol')).toEqual(
        ['600013.SH', '600017.SH'].map((symbol) => ({
          symbol,
          day,
          rule: 'not_storable',
          reason: expect.stringContaining('"unlucky"'),
        })),
      );
      expect(await loadFrom([source], null)).toMatchObject({ inserted: 0, updated: 0, unchanged: 18 });
    } finally {
      await database.owner.query('ALTER TABLE stock_data DROP CONSTRAINT unlucky');
    }
  });

  test('a table that takes no row at all is an error, and nothing goes to quarantine', async () => {
    await database.owner.query('ALTER TABLE stock_data ADD CONSTRAINT takes_nothing CHECK (false) NOT VALID');
    try {
      const rows = ['600000.SH', '600001.SH'].map((symbol) => bar({ symbol }));
      const source = fakeSource('tushare', 'daily', 'day', async () => rows);
      await expect(loadFrom([source], null)).rejects.toThrow('check constraint "takes_nothing"');
      expect(await select('SELECT FROM quarantine')).toEqual([]);
    } finally {
      await database.owner.query('ALTER TABLE stock_data DROP CONSTRAINT takes_nothing');
    }
  });
});
