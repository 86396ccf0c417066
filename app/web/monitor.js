import { html } from './html.js';
import { ErrorNote, Placeholder } from './notes.js';
import { Badge, useNames } from './operations.js';
import { usePreferences } from './preferences.js';
import { TimeChart } from './time-chart.js';
import { useAnswer } from './use-answer.js';

/** @import {ApiClient} from './api-client.js' */

/** @typedef {{chart: string, line: string, values: (number | null)[]}} Line */
/** @typedef {{state: 'pending' | 'firing', since: string, description: string}} AlertCase */
/** @typedef {{name: string, severity: string, summary: string, for_seconds: number, runbook: string, state: 'inactive' | 'pending' | 'firing', cases: AlertCase[]}} Alert */
/** @typedef {{name: string, severity: string, summary: string}} AlertElsewhere */
/** @typedef {{sampled_at: string | null, interval_seconds: number, times: number[], lines: Line[], alerts: Alert[], elsewhere: AlertElsewhere[], left_out: string[]}} Report */

const refreshSeconds = 5;

/**
 * The product as it watches itself.
 *
 * @param {{client: ApiClient}} properties
 */
export function MonitorView({ client }) {
  const { t } = usePreferences();
  const { answer, answeredAt, error, retry } = useAnswer(client, '/api/v1/monitor', refreshSeconds);
  const report = /** @type {Report | undefined} */ (answer?.data);
  return html`
    <main id="main" class="monitor" tabindex="-1">
      ${error && html`<${ErrorNote} error=${error} retry=${retry} />`}
      ${!report && !error && html`<section class="panel"><${Placeholder} lines=${8} label=${t('panel.loading')} /></section>`}
      ${report && html`<${Charts} ...${report} />`}
      ${report && html`<${AlertsPanel} ...${report} answeredAt=${answeredAt} isStale=${error !== undefined} />`}
    </main>
  `;
}

/** The charts in order, and how their values are written. */
function useCharts() {
  const { format } = usePreferences();
  return /** @type {const} */ ([
    ['requests', format.large],
    ['latency', format.duration],
    ['errors', format.share],
    ['jobs', format.large],
    ['oldest', format.duration],
    ['lag', format.large],
  ]);
}

/** @param {Report} report */
function Charts({ sampled_at, interval_seconds, times, lines }) {
  const { t, format } = usePreferences();
  const names = useNames();
  const charts = useCharts();
  if (sampled_at === null) {
    return html`
      <section class="panel"><p role="status">${t('monitor.first', { wait: format.duration(interval_seconds) })}</p></section>
    `;
  }
  const named = (/** @type {Line} */ { chart, line, values }) => ({
    name: chart === 'lag' ? names.dataset(line) : names.line(line),
    values,
  });
  return html`
    <div class="charts">
      ${charts.map(([chart, show]) => {
        const own = lines.filter((line) => line.chart === chart).map(named);
        return html`
          <section key=${chart} class="panel" aria-labelledby=${`${chart}-title`}>
            <h2 id=${`${chart}-title`}>${t(`chart.${chart}`)}</h2>
            <${TimeChart} title=${t(`chart.${chart}`)} times=${times} lines=${own} show=${show} />
          </section>
        `;
      })}
    </div>
  `;
}

/** @type {Record<Alert['state'], 'good' | 'pending' | 'bad'>} */
const kindByState = { inactive: 'good', pending: 'pending', firing: 'bad' };
const urgency = ['firing', 'pending', 'inactive'];
const byUrgency = (/** @type {Alert} */ one, /** @type {Alert} */ other) =>
  urgency.indexOf(one.state) - urgency.indexOf(other.state);

/** @param {Report & {answeredAt: string, isStale: boolean}} properties */
function AlertsPanel({ alerts, elsewhere, left_out, answeredAt, isStale }) {
  const { t, format } = usePreferences();
  const count = (/** @type {Alert['state']} */ wanted) => alerts.filter(({ state }) => state === wanted).length;
  const [firing, pending] = [count('firing'), count('pending')];
  return html`
    <section class="panel alerts" aria-labelledby="alerts-title">
      <header>
        <h2 id="alerts-title">${t('monitor.alerts')}</h2>
        ${
          firing > 0
            ? html`<${Badge} kind="bad">${t('monitor.firing', { count: firing })}<//>`
            : html`<${Badge} kind="good">${t('monitor.quiet')}<//>`
        }
        ${pending > 0 && html`<${Badge} kind="pending">${t('monitor.pending', { count: pending })}<//>`}
        <small class="quiet">${t(isStale ? 'panel.stale' : 'panel.updated', { time: format.time(answeredAt) })}</small>
      </header>
      ${left_out.length > 0 && html`<p class="warnings">${t('monitor.leftOut', { metrics: left_out.join(t('list.comma')) })}</p>`}
      <div class="scroll" tabindex="0" role="group" aria-labelledby="alerts-title">
        <table>
          <thead>
            <tr>
              <th scope="col">${t('monitor.state')}</th>
              <th scope="col">${t('monitor.alert')}</th>
              <th scope="col">${t('monitor.severity')}</th>
              <th scope="col" class="end">${t('monitor.after')}</th>
              <th scope="col">${t('monitor.runbook')}</th>
            </tr>
          </thead>
          <tbody>
            ${alerts.toSorted(byUrgency).map((alert) => html`<${AlertRow} key=${alert.name} ...${alert} />`)}
          </tbody>
        </table>
      </div>
      <details>
        <summary>${t('monitor.elsewhere', { count: elsewhere.length })}</summary>
        <ul class="rows" lang="en">
          ${elsewhere.map(({ name, summary }) => html`<li key=${name}>${name}: <span class="quiet">${summary}</span></li>`)}
        </ul>
      </details>
      <p class="note">${t('monitor.note')}</p>
    </section>
  `;
}

/** @param {Alert} properties */
function AlertRow({ name, severity, summary, for_seconds, runbook, state, cases }) {
  const { t, format } = usePreferences();
  const names = useNames();
  return html`
    <tr>
      <td><${Badge} kind=${kindByState[state]}>${names.state(state)}<//></td>
      <th scope="row">
        ${name}
        <p class="told quiet" lang="en">${summary}</p>
        ${cases.map(
          ({ state, since, description }) => html`
            <p key=${description} class="told">
              <span lang="en">${description}</span>${' '}
              <span class="quiet">(${names.state(state)} ${t('monitor.since', { time: format.time(since) })})</span>
            </p>
          `,
        )}
      </th>
      <td lang="en">${severity}</td>
      <td class="end">${for_seconds > 0 ? format.duration(for_seconds) : t('monitor.atOnce')}</td>
      <td><code>${runbook}</code></td>
    </tr>
  `;
}
