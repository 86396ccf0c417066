import { ColorType, createChart, LineSeries } from 'lightweight-charts';
import { useEffect, useRef } from 'preact/hooks';
import { html } from './html.js';
import { usePreferences } from './preferences.js';

/** @import {IChartApi, ISeriesApi, UTCTimestamp} from 'lightweight-charts' */
/** @import {Format} from './format.js' */

/** @typedef {{name: string, values: readonly (number | null)[]}} TimeLine */

/** Lines over time, from zero up. */
class TimeChartCanvas {
  /** @type {IChartApi} */ #chart;
  /** @type {ISeriesApi<'Line'>[]} */ #series = [];

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#chart = createChart(container, {
      autoSize: true,
      // Its logo brings a style sheet that the content-security policy refuses; the foot of the page names it instead.
      layout: { attributionLogo: false, fontFamily: getComputedStyle(container).fontFamily },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.08 } },
      timeScale: { borderVisible: false, timeVisible: true, secondsVisible: false },
      handleScroll: false,
      handleScale: false,
    });
  }

  /**
   * @param {readonly number[]} times in seconds since 1970
   * @param {readonly TimeLine[]} lines
   * @param {readonly string[]} colours of the lines
   * @param {(value: number) => string} show
   * @param {Format} format
   */
  draw(times, lines, colours, show, format) {
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
    const at = (/** @type {unknown} */ time) => new Date(Number(time) * 1000).toISOString();
    this.#chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: colour('surface') }, textColor: colour('quiet') },
      grid: { vertLines: { visible: false }, horzLines: { color: colour('line') } },
      localization: { locale: format.locale, timeFormatter: (/** @type {unknown} */ time) => format.time(at(time)) },
      timeScale: { tickMarkFormatter: (/** @type {unknown} */ time) => format.minute(at(time)) },
    });
    while (this.#series.length < lines.length) this.#series.push(this.#addLine());
    while (this.#series.length > lines.length)
      this.#chart.removeSeries(/** @type {ISeriesApi<'Line'>} */ (this.#series.pop()));
    lines.forEach(({ values }, index) => {
      const series = this.#series[index];
      series?.applyOptions({
        color: colours[index],
        priceFormat: { type: 'custom', formatter: show, minMove: 0.0001 },
      });
      series?.setData(
        times.map((seconds, point) => {
          const time = /** @type {UTCTimestamp} */ (seconds);
          const value = values[point] ?? null;
          return value === null ? { time } : { time, value };
        }),
      );
    });
    // Where all lines are away at an end, they would else be stretched over it.
    this.#chart.timeScale().setVisibleLogicalRange({ from: 0, to: times.length - 1 });
  }

  #addLine() {
    return this.#chart.addSeries(LineSeries, {
      lineWidth: 2,
      priceLineVisible: false,
      lastValueVisible: false,
      autoscaleInfoProvider: (/** @type {() => import('lightweight-charts').AutoscaleInfo | null} */ original) => {
        const { priceRange } = original() ?? {};
        return priceRange ? { priceRange: { minValue: 0, maxValue: priceRange.maxValue || 1 } } : null;
      },
    });
  }

  remove() {
    this.#chart.remove();
  }
}

/**
 * Some values over time, and what they are now.
 *
 * @param {{title: string, times: readonly number[], lines: readonly TimeLine[], show: (value: number) => string}} properties
 */
export function TimeChart({ title, times, lines, show }) {
  const { t, format, language, theme } = usePreferences();
  const container = useRef(/** @type {HTMLDivElement | null} */ (null));
  const legend = useRef(/** @type {HTMLUListElement | null} */ (null));
  const canvas = useRef(/** @type {TimeChartCanvas | null} */ (null));

  useEffect(() => {
    canvas.current = new TimeChartCanvas(/** @type {HTMLDivElement} */ (container.current));
    return () => canvas.current?.remove();
  }, []);
  useEffect(() => {
    // The style sheet gives each line its colour.
    const colours = [...(legend.current?.children ?? [])].map((item) => getComputedStyle(item).color);
    canvas.current?.draw(times, lines, colours, show, format);
  }, [times, language, theme]);

  const now = lines.map(({ name, values }) => ({ name, value: shown(values.at(-1) ?? null, show) }));
  const passed = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const label = t('monitor.chart', {
    title,
    time: format.duration(passed),
    values: now.map(({ name, value }) => `${name} ${value}`).join(t('list.comma')),
  });
  return html`
    <ul class="lines" ref=${legend}>
      ${now.map(({ name, value }) => html`<li key=${name}><span class="line">${name} <strong>${value}</strong></span></li>`)}
      ${now.length === 0 && html`<li class="quiet">${t('monitor.noValue')}</li>`}
    </ul>
    <div class="time-chart" ref=${container} role="img" aria-label=${label}></div>
  `;
}

/**
 * @param {number | null} value
 * @param {(value: number) => string} show
 */
const shown = (value, show) => (value === null ? '–' : show(value));
