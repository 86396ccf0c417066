import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { EmbeddedMonitor } from '../../src/embedded/monitor/monitor';
import { dayInShanghai } from '../../src/market/trading-day';
import { sampleSource } from '../../src/sources/sample';
import { createTestApi, type TestApi } from '../support/api';
import type { TestDatabase } from '../support/database';
import { launchChromium } from './chromium';

const symbol = '604981.SH';
const hostileName = '<img src=x onerror="document.title=1">';
const dayAgo = (days: number) => dayInShanghai(new Date(Date.now() - days * 86_400_000));

/** Two years of prices of one stock that end ten days ago, and traces of their collection. */
async function fillDatabase({ pool }: TestDatabase): Promise<void> {
  const part = { symbols: [symbol], start: dayAgo(730), end: dayAgo(10) };
  const { rows } = await sampleSource.fetchers.daily.fetch(part, (request) => request(new AbortController().signal));
  await pool.query(
    `INSERT INTO stock_data (symbol, trade_date, open, high, low, close, pre_close, change, pct_chg, volume, amount, source)
     SELECT symbol, "tradeDate", open, high, low, close, "preClose", change, "changePercent", "volumeShares", "amountYuan", 'sample'
     FROM jsonb_to_recordset($1) AS bar (symbol text, "tradeDate" date, open numeric, high numeric, low numeric,
       close numeric, "preClose" numeric, change numeric, "changePercent" numeric, "volumeShares" bigint, "amountYuan" numeric)`,
    [JSON.stringify(rows)],
  );
  await pool.query(
    `INSERT INTO stock (symbol, name, industry, source)
     VALUES ($1, '示例钢铁 Sample Steel', 'Steel', 'sample'), ('604999.SH', $2, NULL, 'sample')`,
    [symbol, hostileName],
  );
  await pool.query(
    `INSERT INTO trading_calendar (day, is_open, source)
     SELECT day, true, 'sample' FROM generate_series(now()::date - 30, now()::date + 1, interval '1 day') AS day`,
  );
  await pool.query(
    `INSERT INTO ingest_run (dataset, first_day, last_day, state, source, fallback_from, inserted, quarantined, error, finished_at)
     VALUES ('daily', $1, $2, 'completed', 'akshare', '{tushare}', 480, 2, NULL, now()),
            ('stock_basic', $2, $2, 'failed', NULL, '{}', 0, 0, 'tushare: the token is wrong', now()),
            ('trade_cal', $2, $2, 'running', NULL, '{}', 0, 0, NULL, NULL)`,
    [part.start, part.end],
  );
  await pool.query(
    `INSERT INTO source_api (source, api, tokens, consecutive_failures, open_until, error_kind, error, failed_at, succeeded_at)
     VALUES ('akshare', 'stock_zh_a_hist', 100, 0, NULL, NULL, NULL, NULL, now()),
            ('tushare', 'daily', 0, 5, now() + interval '1 hour', 'network', 'no answer within 30 s', now(), NULL)`,
  );
}

/** Texts of the page whose colour stands out too little from what is behind them (WCAG 2 AA). */
function findPaleTexts(): string[] {
  const parse = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number) as [number, number, number, number?];
  const luminance = (colour: string) => {
    const [red, green, blue] = parse(colour)
      .slice(0, 3)
      .map((channel = 0) => (channel <= 10 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * (red as number) + 0.7152 * (green as number) + 0.0722 * (blue as number);
  };
  const backgroundOf = (element: Element | null): string => {
    const colour = element ? getComputedStyle(element).backgroundColor : 'rgb(255, 255, 255)';
    return (parse(colour)[3] ?? 1) === 1 ? colour : backgroundOf((element as Element).parentElement);
  };
  const contrast = (element: Element) => {
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  return [...document.querySelectorAll('body *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()))
    .filter((element) => element.checkVisibility() && contrast(element) < 4.5)
    .map((element) => `${contrast(element).toFixed(2)}: ${element.textContent}`);
}

describe('the page in a browser', () => {
  const monitor = new EmbeddedMonitor();
  let api: TestApi;
  let address: string;
  let browser: Browser;
  /** What no page may do, each in one line. */
  let offences: string[];
  let opened: Page[];

  beforeAll(async () => {
    [browser, api] = await Promise.all([launchChromium(), createTestApi({ monitor })]);
    await fillDatabase(api.database);
    await api.server.listen({ host: '127.0.0.1', port: 0 });
    address = `http://127.0.0.1:${(api.server.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });
  beforeEach(() => {
    offences = [];
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((page) => page.context().close()));
    expect(offences).toEqual([]);
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-GB', colorScheme: 'light', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    opened.push(page);
    page.on('console', (message) => {
      if (message.type() === 'error') offences.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => offences.push(`thrown: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${address}/`)) offences.push(`request to ${request.url()}`);
    });
    await page.goto(`${address}${path}`);
    return page;
  }
  const keyed = (query = '', options?: BrowserContextOptions) => open(`/${query}#key=${api.keys.read}`, options);

  const lastBar = async () => {
    const url = `/api/v1/stocks/${symbol}/daily?start=${dayAgo(60)}`;
    const response = await api.server.inject({ url, headers: { 'x-api-key': api.keys.read } });
    return response.json().data.at(-1) as { trade_date: string; close: number };
  };
  const shownClose = async (page: Page) => Number(await page.locator('.legend [data-value=close]').textContent());

  /** Browsers report every refused request; these are the ones a test asks for. */
  const expectRefusals = (status: number) => {
    offences = offences.filter((offence) => !offence.includes(`status of ${status}`));
  };

  test('takes the key out of the address and keeps it for the tab', async () => {
    const page = await keyed('?range=3M');
    await page.locator('.offer button').first().waitFor();
    expect(page.url()).toBe(`${address}/?range=3M`);
    await page.reload();
    await page.locator('.offer button').first().waitFor();
  });

  test('finds a stock and draws its chart, by keyboard alone', async () => {
    const page = await keyed();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    const field = page.getByRole('combobox', { name: 'Find a stock' });
    expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.type('6049');
    await page.getByRole('option').nth(1).waitFor();
    expect(await field.getAttribute('aria-activedescendant')).toBe('suggestion-0');
    await page.keyboard.press('ArrowDown');
    expect(await field.getAttribute('aria-activedescendant')).toBe('suggestion-1');
    await page.keyboard.press('Escape');
    expect(await field.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowUp');
    expect(await field.getAttribute('aria-activedescendant')).toBe('suggestion-0');
    await page.keyboard.press('Enter');

    await page.locator('.legend').waitFor();
    expect(page.url()).toBe(`${address}/?symbol=${symbol}`);
    const { close } = await lastBar();
    expect(await shownClose(page)).toBe(close);
    const painted = await page.locator('.chart canvas').evaluateAll((canvases) =>
      canvases.map((element) => {
        const canvas = element as HTMLCanvasElement;
        const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
          0,
          0,
          canvas.width,
          canvas.height,
        );
        return new Set(new Uint32Array(data.buffer)).size;
      }),
    );
    expect(Math.max(...painted)).toBeGreaterThan(3);

    await page.locator('.chart').focus();
    await page.keyboard.press('Home');
    await page.waitForFunction(
      (last) => document.querySelector('.legend [data-value=close]')?.textContent !== last,
      close.toFixed(2),
    );
    await page.keyboard.press('End');
    await page.waitForFunction(
      (last) => document.querySelector('.legend [data-value=close]')?.textContent === last,
      close.toFixed(2),
    );
  });

  test('takes a number and Enter typed in one go', async () => {
    const page = await keyed();
    await page.getByRole('combobox').pressSequentially(symbol.slice(0, 6));
    await page.keyboard.press('Enter');
    await page.locator('.legend').waitFor();
  });

  test('keeps the view in the address, and goes back', async () => {
    const page = await keyed(`?symbol=${symbol}&range=3M`);
    const range = (name: string) => page.getByRole('radio', { name, exact: true });
    await page.locator('.legend').waitFor();
    expect(await range('3M').isChecked()).toBe(true);
    await range('5Y').check({ force: true });
    expect(page.url()).toBe(`${address}/?symbol=${symbol}&range=5Y`);
    await page.goBack();
    expect(await range('3M').isChecked()).toBe(true);
  });

  test('says that data is synthetic, with the warning of the API', async () => {
    const page = await keyed(`?symbol=${symbol}`);
    await page.getByText("rows of source 'sample' are synthetic").waitFor();
    await page.locator('.badge.synthetic').waitFor();
  });

  test('offers all days where a range has none, and says when there is no such stock', async () => {
    await api.database.pool.query("INSERT INTO stock (symbol, source) VALUES ('604990.SH', 'sample')");
    const page = await keyed('?symbol=604990.SH&range=1M');
    await page.getByRole('button', { name: 'Show all days' }).click();
    expect(page.url()).toContain('range=all');
    await page.goto(`${address}/?symbol=600001.SH`);
    await page.getByText('There is no stock 600001.SH here').waitFor();
    expectRefusals(404);
  });

  test('shows names as text, whatever they hold', async () => {
    const page = await keyed();
    await page.getByRole('combobox').fill('604999');
    await page.getByRole('option', { name: hostileName }).waitFor();
    expect(await page.title()).toBe('Stock analysis');
  });

  test('shows how fresh the data is, how the sources and the queue do, and the last runs', async () => {
    const page = await keyed();
    const row = (panel: string, text: string) => page.locator(`.${panel} tr, .${panel} li`, { hasText: text });
    await page.locator('.datasets .badge', { hasText: /\d+ late/ }).waitFor();
    expect(await row('datasets', 'Daily prices').locator('.badge.bad').textContent()).toMatch(/^\d+ d$/);
    expect(await row('datasets', 'Quotes').textContent()).toContain('Never');
    await page.locator('.sources .badge', { hasText: '1 paused' }).waitFor();
    expect(await row('sources', 'no answer within 30 s').textContent()).toMatch(/Paused until \d\d:\d\d/);
    expect(await row('sources', 'stock_zh_a_hist').textContent()).toContain('Usable');
    expect(await page.locator('.runs tbody tr').count()).toBe(4);
    expect(await row('runs', 'akshare').textContent()).toMatch(/Completed.*instead of tushare.*480.*2 in quarantine/s);
    expect(await row('runs', 'the token is wrong').count()).toBe(1);
    await page.locator('.queue', { hasText: 'No worker' }).waitFor();
  });

  test('speaks the language and has the colours of the browser, until told otherwise', async () => {
    const page = await keyed(`?symbol=${symbol}`, { locale: 'zh-CN', colorScheme: 'dark' });
    const root = page.locator('html');
    await page.getByText('红涨绿跌').waitFor();
    expect(await root.getAttribute('lang')).toBe('zh-CN');
    const colour = (name: string) =>
      root.evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), name);
    const [rise, background] = [await colour('--rise'), await colour('--surface')];

    await page.getByRole('button', { name: 'Switch to English' }).click();
    await page.getByText('Green rises, red falls').waitFor();
    expect(await colour('--fall')).toBe(rise);
    await page.getByRole('button', { name: 'Switch to light colours' }).click();
    await page.reload();
    await page.getByText('Green rises, red falls').waitFor();
    expect(await root.getAttribute('lang')).toBe('en');
    expect(await page.title()).toBe('Stock analysis');
    expect(await colour('--surface')).not.toBe(background);
  });

  test('says that a key is not taken, and takes another', async () => {
    const page = await open('/#key=sk_wrong');
    await page.getByRole('alert').filter({ hasText: 'unknown or was revoked' }).waitFor();
    expectRefusals(401);
    await page.getByLabel('Your API key').fill(api.keys.read);
    await page.keyboard.press('Enter');
    await page.locator('.offer button').first().waitFor();
    await page.getByRole('button', { name: 'Forget key' }).click();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    await page.getByLabel('Your API key').waitFor();
  });

  test('shows the last close where the quote is older, and the quote where it is newer', async () => {
    const bar = await lastBar();
    const quoteOf = async (day: string) => {
      const page = await keyed(`?symbol=${symbol}`);
      await page.route('**/api/v1/quotes?*', (route) =>
        route.fulfill({
          json: {
            data: [{ symbol, price: 123.45, pct_chg: 1, quoted_at: `${day}T07:00:00Z`, source: 'sample' }],
            meta: {},
            warnings: [],
          },
        }),
      );
      await page.reload();
      await page.locator('.legend').waitFor();
      return page.locator('.price strong');
    };
    const older = await quoteOf(bar.trade_date);
    await older.filter({ hasText: String(bar.close) }).waitFor();
    const newer = await quoteOf(dayAgo(0));
    await newer.filter({ hasText: '123.45' }).waitFor();
  });

  test('tries the chart again by itself, renews it, and keeps it while that fails', async () => {
    const page = await keyed();
    const bars = '**/api/v1/stocks/*/daily?*';
    await page.clock.install();
    await page.route(bars, (route) => route.fulfill({ status: 503, json: { detail: 'away' } }));
    await page.goto(`${address}/?symbol=${symbol}`);
    await page.locator('.chart-area').getByText('asked again by itself').waitFor();
    await page.unroute(bars);
    await page.clock.fastForward(61_000);
    await page.locator('.legend').waitFor();

    let asked = 0;
    await page.route(bars, (route) => {
      asked++;
      return route.fulfill({ status: 503, json: { detail: 'away' } });
    });
    await page.clock.fastForward(61_000);
    await page.locator('.stock').getByText('asked again by itself').waitFor();
    expect(asked).toBeGreaterThan(0);
    expect(await page.locator('.legend').isVisible()).toBe(true);
    expectRefusals(503);
  });

  test('says what to do about each kind of failure, and recovers', async () => {
    const page = await keyed();
    await page.locator('.runs tbody tr').first().waitFor();
    const panel = page.locator('.runs');
    const runs = '**/api/v1/runs?*';
    const refuse = async (status: number, headers: Record<string, string> = {}) => {
      await page.unroute(runs);
      await page.route(runs, (route) => route.fulfill({ status, headers, json: { detail: 'the reason' } }));
      await page.reload();
    };
    await refuse(403);
    await panel.getByText('Ask for one with scope read').waitFor();
    await panel.getByText('the reason').waitFor();
    await refuse(429, { 'retry-after': '42' });
    await panel.getByText('goes on by itself in 42 sec').waitFor();
    await refuse(503);
    await panel.getByText('cannot answer at the moment').waitFor();
    await page.unroute(runs);
    await page.route(runs, (route) => route.abort());
    await panel.getByRole('button', { name: 'Try again' }).click();
    await panel.getByText('cannot be reached').waitFor();
    await page.unroute(runs);
    await panel.getByRole('button', { name: 'Try again' }).click();
    await panel.locator('tbody tr').first().waitFor();
    for (const status of [403, 429, 503]) expectRefusals(status);
    offences = offences.filter((offence) => !offence.includes('net::ERR_FAILED'));
  });

  /** The operations view, once an hour of a broken product was watched. */
  async function watched(options?: BrowserContextOptions): Promise<Page> {
    const page = await keyed('?view=operations', options);
    await page.locator('.time-chart canvas').first().waitFor();
    await page.locator('.alerts tbody tr').first().waitFor();
    return page;
  }

  test('tells that nothing is sampled yet, then what is watched, and the alerts that would fire first', async () => {
    const page = await keyed();
    await page.getByRole('link', { name: 'Operations' }).focus();
    await page.keyboard.press('Enter');
    expect(page.url()).toBe(`${address}/?view=operations`);
    await page.getByText('The first sample is there in 5 sec').waitFor();
    const dataset = { name: 'dataset_lag_trading_days', labels: { dataset: hostileName }, value: 2 };
    for (let minute = 0; minute <= 240; minute++) monitor.look(1_800_000_000 + minute * 60, [dataset]);
    await page.locator('.alerts tr', { hasText: 'Firing' }).first().waitFor();
    const rows = await page.locator('.alerts tbody tr').allTextContents();
    expect(rows[0]).toContain(`Dataset ${hostileName} is 2 trading days behind`);
    expect(rows[0]).toMatch(/Firing.*critical.*3 hrs.*docs\/runbooks\/DatasetStale\.md/s);
    expect(rows[1]).toContain('SchedulerMetricsMissing');
    expect(rows.slice(2).every((row) => row.startsWith('Inactive'))).toBe(true);
    await page.locator('.alerts header', { hasText: '2 would fire' }).waitFor();
    await page.getByText('more alerts need Prometheus').click();
    await page.getByText('PostgresDown').waitFor();
    expect(await page.locator('[aria-labelledby=lag-title] .lines').textContent()).toContain(`${hostileName} 2`);
    await page.goBack();
    await page.locator('.offer').waitFor();
  });

  test('says when the product is away, keeps what it knew, and goes on by itself', async () => {
    const page = await keyed();
    await page.clock.install();
    await page.goto(`${address}/?view=operations`);
    await page.locator('.alerts tbody tr').first().waitFor();
    await page.route('**/api/v1/monitor', (route) => route.abort());
    await page.clock.fastForward(6_000);
    await page.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
    expect(await page.locator('.alerts small').textContent()).toContain('Not refreshed since');
    await page.unroute('**/api/v1/monitor');
    await page.clock.fastForward(6_000);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    offences = offences.filter((offence) => !offence.includes('net::ERR_FAILED'));
  });

  test.each([360, 800, 1600])('the operations view fits into %d pixels', async (width) => {
    const page = await watched({ viewport: { width, height: 900 }, locale: 'zh-CN' });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    const ends = await page.evaluate(() => {
      const right = (element: Element) => element.getBoundingClientRect().right;
      return [...document.querySelectorAll('.panel :not(.scroll *, .time-chart *)')]
        .filter((element) => right(element) > right(element.closest('.panel') as Element))
        .map((element) => element.outerHTML);
    });
    expect(ends).toEqual([]);
  });

  test.each(['light', 'dark'] as const)('the operations view is legible in %s colours', async (colorScheme) => {
    const page = await watched({ colorScheme });
    expect(await page.evaluate(findPaleTexts)).toEqual([]);
  });

  test.each([360, 800, 1600])('fits into %d pixels and stays where it is while it loads', async (width) => {
    const page = await keyed(`?symbol=${symbol}`, { viewport: { width, height: 900 }, locale: 'zh-CN' });
    await page.locator('.legend').waitFor();
    await page.locator('.runs tbody tr').first().waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    const stickingOut = await page.evaluate(() =>
      [...document.querySelectorAll('.panel :not(.scroll *, .chart *)')]
        .filter((element) => {
          const panel = element.closest('.panel') as Element;
          return element.getBoundingClientRect().right > panel.getBoundingClientRect().right;
        })
        .map((element) => element.outerHTML),
    );
    expect(stickingOut).toEqual([]);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const add = (entries: PerformanceEntryList) =>
            resolve(entries.reduce((sum, entry) => sum + (entry as PerformanceEntry & { value: number }).value, 0));
          new PerformanceObserver((list) => add(list.getEntries())).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => add([]), 200);
        }),
    );
    expect(shift).toBeLessThan(0.1);
  });

  test.each(['light', 'dark'] as const)('is legible in %s colours', async (colorScheme) => {
    const page = await keyed(`?symbol=${symbol}`, { colorScheme });
    await page.locator('.legend').waitFor();
    await page.locator('.runs tbody tr').first().waitFor();
    expect(await page.evaluate(findPaleTexts)).toEqual([]);
  });
});
