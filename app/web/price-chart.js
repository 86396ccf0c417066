import { CandlestickSeries, ColorType, CrosshairMode, createChart, HistogramSeries } from 'lightweight-charts';
import { useEffect, useRef, useState } from 'preact/hooks';
import { changePercent, toCandles, toVolumeColumns } from './daily-bars.js';
import { html } from './html.js';
import { usePreferences } from './preferences.js';

/** @import {IChartApi, ISeriesApi} from 'lightweight-charts' */
/** @import {DailyBar} from './daily-bars.js' */

/** The colours of the style sheet, for the canvas. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
  return {
    text: colour('quiet'),
    line: colour('line'),
    surface: colour('surface'),
    rise: colour('rise'),
    fall: colour('fall'),
    softRise: colour('soft-rise'),
    softFall: colour('soft-fall'),
  };
}

/** A chart with prices above and volumes below. */
class PriceChartCanvas {
  /** @type {IChartApi} */ #chart;
  /** @type {ISeriesApi<'Candlestick'>} */ #candles;
  /** @type {ISeriesApi<'Histogram'>} */ #volumes;
  /** @type {readonly DailyBar[]} */ #bars = [];

  /**
   * @param {HTMLElement} container
   * @param {(bar: DailyBar | undefined) => void} onPoint told which bar the crosshair is on
   */
  constructor(container, onPoint) {
    this.#chart = createChart(container, {
      autoSize: true,
      // Its logo brings a style sheet that the content-security policy refuses; the foot of the page names it instead.
      layout: {
        attributionLogo: false,
        fontFamily: getComputedStyle(container).fontFamily,
        panes: { enableResize: false },
      },
      crosshair: { mode: CrosshairMode.Magnet },
      rightPriceScale: { borderVisible: false },
      timeScale: { borderVisible: false, fixLeftEdge: true, fixRightEdge: true, lockVisibleTimeRangeOnResize: true },
      handleScroll: { vertTouchDrag: false },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, { borderVisible: false, priceLineVisible: false });
    this.#volumes = this.#chart.addSeries(HistogramSeries, { priceLineVisible: false, lastValueVisible: false }, 1);
    this.#volumes.priceScale().applyOptions({ scaleMargins: { top: 0.15, bottom: 0 } });
    const [prices, volumes] = this.#chart.panes();
    prices?.setStretchFactor(4);
    volumes?.setStretchFactor(1);
    this.#chart.subscribeCrosshairMove(({ time }) => onPoint(this.#bars.find((bar) => bar.trade_date === time)));
  }

  /**
   * @param {readonly DailyBar[]} bars
   * @param {import('./format.js').Format} format
   */
  draw(bars, format) {
    const { text, line, surface, rise, fall, softRise, softFall } = readColours();
    this.#bars = bars;
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: surface },
        textColor: text,
        panes: { separatorColor: line },
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      localization: { locale: format.locale, timeFormatter: format.day },
    });
    this.#candles.applyOptions({
      upColor: rise,
      downColor: fall,
      wickUpColor: rise,
      wickDownColor: fall,
      priceFormat: { type: 'custom', formatter: format.price, minMove: 0.01 },
    });
    this.#volumes.applyOptions({ priceFormat: { type: 'custom', formatter: format.large, minMove: 1 } });
    this.#candles.setData(toCandles(bars));
    this.#volumes.setData(toVolumeColumns(bars, { rise: softRise, fall: softFall }));
  }

  fit() {
    this.#chart.timeScale().fitContent();
  }

  /** @param {DailyBar | undefined} bar to put the crosshair on */
  point(bar) {
    if (bar) this.#chart.setCrosshairPosition(bar.close, bar.trade_date, this.#candles);
    else this.#chart.clearCrosshairPosition();
  }

  remove() {
    this.#chart.remove();
  }
}

/**
 * Daily prices as candlesticks over volumes, with the numbers of the day under the crosshair, or of the last one.
 *
 * @param {{symbol: string, bars: readonly DailyBar[], source: string | null, fallbackFrom: string | null}} properties
 */
export function PriceChart({ symbol, bars, source, fallbackFrom }) {
  const { t, format, language, theme } = usePreferences();
  const container = useRef(/** @type {HTMLDivElement | null} */ (null));
  const canvas = useRef(/** @type {PriceChartCanvas | null} */ (null));
  const [pointed, setPointed] = useState(/** @type {DailyBar | undefined} */ (undefined));

  useEffect(() => {
    canvas.current = new PriceChartCanvas(/** @type {HTMLDivElement} */ (container.current), setPointed);
    return () => canvas.current?.remove();
  }, []);
  useEffect(() => canvas.current?.draw(bars, format), [bars, language, theme]);

  const first = /** @type {DailyBar} */ (bars[0]);
  const last = /** @type {DailyBar} */ (bars.at(-1));
  // Renewed bars are others with the same days; what is zoomed and pointed to stays.
  useEffect(() => canvas.current?.fit(), [symbol, first.trade_date]);
  const shown = bars.find((bar) => bar.trade_date === pointed?.trade_date) ?? last;

  const steps = /** @type {Record<string, number>} */ ({
    ArrowLeft: -1,
    ArrowRight: 1,
    Home: -Infinity,
    End: Infinity,
  });
  const point = (/** @type {DailyBar | undefined} */ bar) => {
    // The chart tells of pointers only, not of this.
    setPointed(bar);
    canvas.current?.point(bar);
  };
  const move = (/** @type {KeyboardEvent} */ event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const index = Math.min(Math.max(bars.indexOf(shown) + step, 0), bars.length - 1);
    point(bars[index]);
  };

  return html`
    <${ChartLegend} bar=${shown} />
    <div
      class="chart"
      id="chart"
      ref=${container}
      role="application"
      tabindex="0"
      aria-label=${t('chart.label', { symbol, first: format.day(first.trade_date), last: format.day(last.trade_date) })}
      aria-describedby="legend"
      onKeyDown=${move}
      onBlur=${() => point(undefined)}
    ></div>
    <p class="note">
      ${t('chart.colours')}${' '}
      ${source && t(fallbackFrom ? 'chart.fallback' : 'chart.source', { source, preferred: fallbackFrom ?? '' })}
    </p>
  `;
}

/** @param {{bar: DailyBar}} properties */
function ChartLegend({ bar }) {
  const { t, format } = usePreferences();
  const change = changePercent(bar);
  const direction = directionOf(change);
  const prices = /** @type {const} */ (['open', 'high', 'low', 'close']);
  return html`
    <dl class="legend" id="legend">
      <div class="day"><dd>${format.day(bar.trade_date)}</dd></div>
      ${prices.map(
        (name) => html`
          <div key=${name}><dt>${t(`chart.${name}`)}</dt><dd data-value=${name}>${format.price(bar[name])}</dd></div>
        `,
      )}
      <div><dt>${t('chart.volume')}</dt><dd>${format.large(bar.volume)}</dd></div>
      <div>
        <dt>${t('chart.change')}</dt>
        <dd class=${direction}>${change === null ? '–' : format.percent(change)}</dd>
      </div>
    </dl>
  `;
}

/** @param {number | null} change */
export const directionOf = (change) => (change === null || change === 0 ? '' : change > 0 ? 'rise' : 'fall');
