import { useMemo } from 'preact/hooks';
import { adjustments, ranges } from './address.js';
import { changePercent, dayInShanghai, firstDayOf, loadDailyBars, todayInShanghai } from './daily-bars.js';
import { html } from './html.js';
import { ErrorNote, Placeholder, Warnings } from './notes.js';
import { usePreferences } from './preferences.js';
import { directionOf, PriceChart } from './price-chart.js';
import { useAnswer, useLoaded } from './use-answer.js';

/** @import {Adjustment, View} from './address.js' */
/** @import {ApiClient, ApiError} from './api-client.js' */
/** @import {DailyBar} from './daily-bars.js' */
/** @import {Stock} from './stock-search.js' */
/** @typedef {{price: number, pct_chg: number | null, quoted_at: string, source: string}} Quote */
/** @typedef {Awaited<ReturnType<typeof loadDailyBars>>} DailyBars */

const quoteRefreshSeconds = 10;
const barsRefreshSeconds = 60;
const stocksOffered = 12;

/**
 * One stock: its last price and its chart; without a symbol, some stocks to begin with.
 *
 * @param {{client: ApiClient, view: View, onView: (change: Partial<View>) => void}} properties
 */
export function StockView({ client, view, onView }) {
  return html`
    <section class="panel stock" aria-label=${view.symbol ?? undefined}>
      ${
        view.symbol
          ? html`<${Stock} key=${view.symbol} client=${client} symbol=${view.symbol} view=${view} onView=${onView} />`
          : html`<${StockOffer} client=${client} onView=${onView} />`
      }
    </section>
  `;
}

/** @param {{client: ApiClient, onView: (change: Partial<View>) => void}} properties */
function StockOffer({ client, onView }) {
  const { t } = usePreferences();
  const { answer, error, retry } = useAnswer(client, `/api/v1/stocks?limit=${stocksOffered}`);
  const stocks = /** @type {Stock[] | undefined} */ (answer?.data);
  return html`
    <div class="offer">
      <h2>${t('stock.none')}</h2>
      ${error && html`<${ErrorNote} error=${error} retry=${retry} />`}
      ${!stocks && !error && html`<${Placeholder} lines=${4} label=${t('panel.loading')} />`}
      ${stocks && html`<p class="quiet">${t(stocks.length ? 'stock.noneHint' : 'stock.noStocks')}</p>`}
      <ul>
        ${stocks?.map(
          ({ symbol, name }) => html`
            <li key=${symbol}>
              <button type="button" onClick=${() => onView({ symbol })}>
                <span class="number">${symbol}</span> <span class="name">${name}</span>
              </button>
            </li>
          `,
        )}
      </ul>
    </div>
  `;
}

/**
 * The bars of the view, renewed while it is looked at; those of the view before stay until they are there.
 *
 * @param {ApiClient} client
 * @param {string} symbol
 * @param {View} view
 */
function useDailyBars(client, symbol, { range, adjust }) {
  const load = (/** @type {AbortSignal} */ signal) =>
    loadDailyBars(client, { symbol, adjust, start: firstDayOf(range, todayInShanghai()) }, signal);
  const view = [symbol, range, adjust].join(' ');
  const { key, value, error, retry } = useLoaded(load, client, view, barsRefreshSeconds);
  const daily = useUnlessEqual(value);
  return { daily, error, isLoading: key !== view, retry };
}

/**
 * The value, or the one before where they say the same: what is drawn from it stays as it is.
 *
 * @template Value
 * @param {Value} value
 */
function useUnlessEqual(value) {
  const text = JSON.stringify(value);
  return useMemo(() => value, [text]);
}

/** @param {{client: ApiClient, symbol: string, view: View, onView: (change: Partial<View>) => void}} properties */
function Stock({ client, symbol, view, onView }) {
  const { t } = usePreferences();
  const { daily, error, isLoading, retry } = useDailyBars(client, symbol, view);
  const hasChart = daily !== undefined && daily.bars.length > 0;
  return html`
    <${StockHead} client=${client} symbol=${daily?.symbol ?? symbol} daily=${daily} adjust=${view.adjust} />
    <div class="choices">
      <${Choice} label=${t('stock.range')} name="range" choices=${ranges} chosen=${view.range} onView=${onView} />
      <${Choice} label=${t('stock.adjustment')} name="adjust" choices=${adjustments} chosen=${view.adjust} onView=${onView} />
    </div>
    <div class="chart-area" aria-busy=${isLoading}>
      ${
        hasChart
          ? html`<${PriceChart} ...${daily} />`
          : html`
            <div class="chart-message">
              ${
                isLoading
                  ? html`<p role="status">${t('chart.loading')}</p>`
                  : html`<${NoChart} symbol=${symbol} range=${view.range} error=${error} retry=${retry} onView=${onView} />`
              }
            </div>
          `
      }
    </div>
    ${error && hasChart && html`<${ErrorNote} error=${error} retry=${retry} />`}
    ${daily && html`<${Warnings} warnings=${daily.warnings} />`}
  `;
}

/**
 * Why there is no chart, and what to do.
 *
 * @param {{symbol: string, range: string, error: ApiError | undefined, retry: () => void, onView: (change: Partial<View>) => void}} properties
 */
function NoChart({ symbol, range, error, retry, onView }) {
  const { t } = usePreferences();
  if (error?.kind === 'not_found') {
    return html`<h3>${t('stock.unknown', { symbol })}</h3><p class="quiet">${t('stock.unknownHint')}</p>`;
  }
  if (error) return html`<${ErrorNote} error=${error} retry=${retry} />`;
  const showAll = () => onView({ range: 'all' });
  return html`
    <p>${t('chart.empty')}</p>
    ${range !== 'all' && html`<button type="button" onClick=${showAll}>${t('chart.showAll')}</button>`}
  `;
}

/** @param {{client: ApiClient, symbol: string, daily: DailyBars | undefined, adjust: Adjustment}} properties */
function StockHead({ client, symbol, daily, adjust }) {
  const { t } = usePreferences();
  const { answer } = useAnswer(client, `/api/v1/stocks?${new URLSearchParams({ query: symbol, limit: '1' })}`);
  const stock = /** @type {Stock[]} */ (answer?.data ?? []).find((found) => found.symbol === symbol);
  const isSynthetic = daily?.source === 'sample' || stock?.source === 'sample';
  return html`
    <div class="stock-head">
      <div>
        <h2>${stock?.name ?? symbol}</h2>
        <p class="quiet">
          <span class="number">${symbol}</span>
          ${stock?.industry && html`<span>${stock.industry}</span>`}
          ${isSynthetic && html`<span class="badge synthetic">${t('stock.synthetic')}</span>`}
        </p>
      </div>
      <${LastPrice} client=${client} symbol=${symbol} bar=${daily?.bars.at(-1)} adjust=${adjust} />
    </div>
  `;
}

/**
 * The quote, where it is of a later day than the last bar; otherwise the last close.
 *
 * @param {{client: ApiClient, symbol: string, bar: DailyBar | undefined, adjust: Adjustment}} properties
 */
function LastPrice({ client, symbol, bar, adjust }) {
  const { t, format } = usePreferences();
  // The list of quotes is empty outside sessions, where a single quote would be an error.
  const { answer } = useAnswer(
    client,
    `/api/v1/quotes?${new URLSearchParams({ symbols: symbol })}`,
    quoteRefreshSeconds,
  );
  const [quote] = /** @type {Quote[]} */ (answer?.data ?? []);
  // A day has its bar once it is over: a quote of that day or of one before has been overtaken.
  if (quote && (!bar || dayInShanghai(new Date(quote.quoted_at)) > bar.trade_date)) {
    const when = t('stock.quotedAt', { time: format.dayAndTime(quote.quoted_at), source: quote.source });
    return html`<${Price} yuan=${quote.price} change=${quote.pct_chg} when=${when} />`;
  }
  if (!bar) return html`<div class="price"></div>`;
  const when = t(adjust === 'none' ? 'stock.closedOn' : 'stock.adjustedCloseOn', { day: format.day(bar.trade_date) });
  return html`<${Price} yuan=${bar.close} change=${changePercent(bar)} when=${when} />`;
}

/** @param {{yuan: number, change: number | null, when: string}} properties */
function Price({ yuan, change, when }) {
  const { format } = usePreferences();
  return html`
    <div class="price">
      <p class=${directionOf(change)}>
        <strong>¥${format.price(yuan)}</strong> ${change !== null && format.percent(change)}
      </p>
      <p class="quiet">${when}</p>
    </div>
  `;
}

/**
 * One of a few, as buttons that hang together.
 *
 * @param {{label: string, name: 'range' | 'adjust', choices: readonly string[], chosen: string, onView: (change: Partial<View>) => void}} properties
 */
function Choice({ label, name, choices, chosen, onView }) {
  const { t } = usePreferences();
  return html`
    <fieldset class="choice">
      <legend>${label}</legend>
      ${choices.map(
        (choice) => html`
          <label key=${choice}>
            <input type="radio" name=${name} value=${choice} checked=${choice === chosen} onChange=${() => onView({ [name]: choice })} />
            <span>${t(/** @type {import('./text.js').TextKey} */ (`${name}.${choice}`))}</span>
          </label>
        `,
      )}
    </fieldset>
  `;
}
