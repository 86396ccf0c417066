import { html } from './html.js';
import { ErrorNote, Placeholder, Warnings } from './notes.js';
import { usePreferences } from './preferences.js';
import { texts } from './text.js';
import { useAnswer } from './use-answer.js';

/** @import {ComponentChildren} from 'preact' */
/** @import {ApiClient} from './api-client.js' */
/** @import {TextKey} from './text.js' */

/** @typedef {{dataset: string, latest_day: string | null, expected_day: string | null, lag_trading_days: number | null}} DatasetState */
/** @typedef {{api: string, breaker: 'closed' | 'open', open_until: string | null, consecutive_failures: number, error: string | null, failed_at: string | null, succeeded_at: string | null}} SourceApi */
/** @typedef {{source: string, datasets: string[], apis: SourceApi[]}} SourceState */
/** @typedef {{jobs: Record<string, number>, oldest_waiting_seconds: number, workers: number | null, schedules: Schedule[] | null}} QueueState */
/** @typedef {{name: string, pattern: string | null, next: string | null}} Schedule */
/** @typedef {{id: string, dataset: string, state: string, source: string | null, fallback_from: string[], inserted: number, updated: number, unchanged: number, quarantined: number, error: string | null, started_at: string, finished_at: string | null}} Run */

const refreshSeconds = 15;
const runsShown = 12;

/** @param {string} key */
const isText = (key) => key in texts.en;

/** How the names of datasets and states are written; new ones stand as they are. */
export function useNames() {
  const { t } = usePreferences();
  const name = (/** @type {string} */ group) => (/** @type {string} */ word) =>
    isText(`${group}.${word}`) ? t(/** @type {TextKey} */ (`${group}.${word}`)) : word;
  return { dataset: name('dataset'), state: name('state'), line: name('line') };
}

/**
 * A part of the page that shows one answer of the API and asks again every few seconds.
 *
 * @template Data
 * @param {object} properties
 * @param {ApiClient} properties.client
 * @param {string} properties.path
 * @param {string} properties.name
 * @param {string} properties.title
 * @param {number} properties.lines how tall it is until there is an answer
 * @param {(data: Data) => ComponentChildren} [properties.summary]
 * @param {(data: Data) => ComponentChildren} properties.show
 */
function Panel({ client, path, name, title, lines, summary, show }) {
  const { t, format } = usePreferences();
  const { answer, answeredAt, error, retry } = useAnswer(client, path, refreshSeconds);
  const data = /** @type {Data | undefined} */ (answer?.data);
  return html`
    <section class=${`panel ${name}`} aria-labelledby=${`${name}-title`}>
      <header>
        <h2 id=${`${name}-title`}>${title}</h2>
        ${data && summary?.(data)}
        ${
          answeredAt &&
          html`<small class="quiet">${t(error ? 'panel.stale' : 'panel.updated', { time: format.time(answeredAt) })}</small>`
        }
      </header>
      ${error && html`<${ErrorNote} error=${error} retry=${retry} />`}
      ${!data && !error && html`<${Placeholder} lines=${lines} label=${t('panel.loading')} />`}
      ${answer && html`<${Warnings} warnings=${answer.warnings} />`}
      ${data && show(data)}
    </section>
  `;
}

/** @param {{kind: 'good' | 'bad' | 'neutral', children: ComponentChildren}} properties */
export const Badge = ({ kind, children }) => html`<span class=${`badge ${kind}`}>${children}</span>`;

/** @param {{client: ApiClient}} properties */
export function DatasetsPanel({ client }) {
  const { t, format } = usePreferences();
  const names = useNames();
  const isLate = (/** @type {DatasetState} */ { lag_trading_days: lag }) => lag !== null && lag > 0;
  const lagOf = (/** @type {DatasetState} */ state) => {
    if (state.latest_day === null) return html`<${Badge} kind="bad">${t('datasets.never')}<//>`;
    if (state.lag_trading_days === null) return html`<${Badge} kind="neutral">${t('datasets.unknown')}<//>`;
    if (!isLate(state)) return html`<${Badge} kind="good">${t('datasets.fresh')}<//>`;
    return html`<${Badge} kind="bad">${t('datasets.days', { count: format.count(state.lag_trading_days) })}<//>`;
  };
  const summary = (/** @type {DatasetState[]} */ datasets) => {
    const late = datasets.filter((state) => isLate(state) || state.latest_day === null).length;
    return late
      ? html`<${Badge} kind="bad">${t('datasets.late', { count: late })}<//>`
      : html`<${Badge} kind="good">${t('datasets.allFresh')}<//>`;
  };
  const show = (/** @type {DatasetState[]} */ datasets) =>
    datasets.length === 0
      ? html`<p class="quiet">${t('datasets.empty')}</p>`
      : html`
        <table>
          <thead>
            <tr>
              <th scope="col">${t('datasets.dataset')}</th>
              <th scope="col">${t('datasets.latest')}</th>
              <th scope="col">${t('datasets.expected')}</th>
              <th scope="col" class="end">${t('datasets.lag')}</th>
            </tr>
          </thead>
          <tbody>
            ${datasets.map(
              (state) => html`
                <tr key=${state.dataset}>
                  <th scope="row" title=${state.dataset}>${names.dataset(state.dataset)}</th>
                  <td>${state.latest_day ? format.recentDay(state.latest_day) : '–'}</td>
                  <td>${state.expected_day ? format.recentDay(state.expected_day) : '–'}</td>
                  <td class="end">${lagOf(state)}</td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      `;
  return html`
    <${Panel} client=${client} path="/api/v1/datasets" name="datasets" title=${t('datasets.title')} lines=${7} summary=${summary} show=${show} />
  `;
}

/** @param {{client: ApiClient}} properties */
export function SourcesPanel({ client }) {
  const { t } = usePreferences();
  const summary = (/** @type {SourceState[]} */ sources) => {
    const paused = sources.flatMap(({ apis }) => apis).filter(isPaused).length;
    return paused
      ? html`<${Badge} kind="bad">${t('sources.paused', { count: paused })}<//>`
      : html`<${Badge} kind="good">${t('sources.allUsable')}<//>`;
  };
  const show = (/** @type {SourceState[]} */ sources) => {
    const unused = sources.filter(({ datasets }) => datasets.length === 0).map(({ source }) => source);
    return html`
      ${sources
        .filter(({ datasets }) => datasets.length > 0)
        .map((state) => html`<${Source} key=${state.source} ...${state} />`)}
      ${unused.length > 0 && html`<p class="note">${t('sources.unused', { sources: unused.join(t('list.comma')) })}</p>`}
    `;
  };
  return html`
    <${Panel} client=${client} path="/api/v1/sources" name="sources" title=${t('sources.title')} lines=${4} summary=${summary} show=${show} />
  `;
}

const isPaused = (/** @type {SourceApi} */ { breaker }) => breaker === 'open';

/** @param {SourceState} properties */
function Source({ source, datasets, apis }) {
  const { t } = usePreferences();
  const names = useNames();
  return html`
    <h3>${source}</h3>
    <p class="note">${t('sources.for', { datasets: datasets.map(names.dataset).join(t('list.comma')) })}</p>
    ${apis.length === 0 && html`<p class="note">${t('sources.never')}</p>`}
    <ul class="rows">
      ${apis.map((state) => html`<${SourceInterface} key=${state.api} ...${state} />`)}
    </ul>
  `;
}

/** @param {SourceApi} properties */
function SourceInterface(properties) {
  const { t, format } = usePreferences();
  const { api, open_until, consecutive_failures, error, failed_at, succeeded_at } = properties;
  const badge = () => {
    if (isPaused(properties)) {
      const time = format.time(/** @type {string} */ (open_until));
      return html`<${Badge} kind="bad">${t('sources.pausedUntil', { time })}<//>`;
    }
    return consecutive_failures > 0
      ? html`<${Badge} kind="bad">${t('sources.failing')}<//>`
      : html`<${Badge} kind="good">${t('sources.usable')}<//>`;
  };
  return html`
    <li>
      <p>
        <code>${api}</code>
        <span class="quiet">
          ${succeeded_at ? t('sources.succeededAt', { time: format.dayAndTime(succeeded_at) }) : t('sources.noAnswer')}
        </span>
        ${badge()}
      </p>
      ${failed_at && error && html`<p class="quiet">${t('sources.failedAt', { time: format.dayAndTime(failed_at), error })}</p>`}
    </li>
  `;
}

/** The schedules, the next one first. @param {Schedule[]} schedules */
const inOrder = (schedules) => schedules.toSorted((one, other) => (one.next ?? '').localeCompare(other.next ?? ''));

/** @param {{client: ApiClient}} properties */
export function QueuePanel({ client }) {
  const { t, format } = usePreferences();
  const names = useNames();
  const show = (/** @type {QueueState} */ { jobs, workers, oldest_waiting_seconds: oldest, schedules }) => html`
    <dl class="facts">
      <div>
        <dt>${t('queue.workers')}</dt>
        <dd>${workers === 0 ? html`<${Badge} kind="bad">${t('queue.noWorkers')}<//>` : workers === null ? '–' : format.count(workers)}</dd>
      </div>
      <div><dt>${t('queue.oldest')}</dt><dd>${format.duration(oldest)}</dd></div>
      ${Object.entries(jobs).map(
        ([state, count]) => html`
          <div key=${state}>
            <dt>${names.state(state)}</dt>
            <dd class=${state === 'failed' && count > 0 ? 'bad' : ''}>${format.count(count)}</dd>
          </div>
        `,
      )}
    </dl>
    <h3>${t('queue.schedules')}</h3>
    ${schedules?.length === 0 && html`<p class="quiet">${t('queue.noSchedules')}</p>`}
    <ul class="rows">
      ${inOrder(schedules ?? []).map(
        ({ name, pattern, next }) => html`
          <li key=${name}>
            <p>
              <span>${name}</span>
              <code class="quiet">${pattern}</code>
              ${next && html`<time class="quiet" datetime=${next}>${t('queue.next', { time: format.dayAndTime(next) })}</time>`}
            </p>
          </li>
        `,
      )}
    </ul>
  `;
  return html`
    <${Panel} client=${client} path="/api/v1/queue" name="queue" title=${t('queue.title')} lines=${5} show=${show} />
  `;
}

/** @type {Record<string, 'good' | 'bad' | 'neutral'>} */
const kindByState = { completed: 'good', failed: 'bad' };

/** @param {{client: ApiClient}} properties */
export function RunsPanel({ client }) {
  const { t, format } = usePreferences();
  const names = useNames();
  const secondsOf = (/** @type {Run} */ { started_at: start, finished_at: end }) =>
    end === null ? null : (Date.parse(end) - Date.parse(start)) / 1000;
  const show = (/** @type {Run[]} */ runs) =>
    runs.length === 0
      ? html`<p class="quiet">${t('runs.empty')}</p>`
      : html`
        <div class="scroll" tabindex="0" role="group" aria-labelledby="runs-title">
          <table>
            <thead>
              <tr>
                <th scope="col">${t('runs.dataset')}</th>
                <th scope="col">${t('runs.state')}</th>
                <th scope="col">${t('runs.source')}</th>
                <th scope="col" class="end">${t('runs.rows')}</th>
                <th scope="col" class="end">${t('runs.duration')}</th>
                <th scope="col" class="end">${t('runs.started')}</th>
              </tr>
            </thead>
            <tbody>
              ${runs.map((run) => {
                const seconds = secondsOf(run);
                return html`
                  <tr key=${run.id}>
                    <th scope="row" title=${run.dataset}>${names.dataset(run.dataset)}</th>
                    <td>
                      <${Badge} kind=${kindByState[run.state] ?? 'neutral'}>${names.state(run.state)}<//>
                    </td>
                    <td>
                      ${run.source ?? '–'}
                      ${run.fallback_from.length > 0 && html`<span class="quiet"> ${t('runs.fallback', { sources: run.fallback_from.join(', ') })}</span>`}
                    </td>
                    <td class="end">
                      ${format.count(run.inserted + run.updated + run.unchanged)}
                      ${run.quarantined > 0 && html`<p class="quiet">${t('runs.quarantined', { count: format.count(run.quarantined) })}</p>`}
                    </td>
                    <td class="end">${seconds === null ? '–' : format.duration(seconds)}</td>
                    <td class="end">${format.dayAndTime(run.started_at)}</td>
                  </tr>
                  ${run.error && html`<tr><td class="cause" colspan="6"><p class="quiet" lang="en">${run.error}</p></td></tr>`}
                `;
              })}
            </tbody>
          </table>
        </div>
      `;
  return html`
    <${Panel} client=${client} path=${`/api/v1/runs?limit=${runsShown}`} name="runs" title=${t('runs.title')} lines=${6} show=${show} />
  `;
}
