import { html } from './html.js';
import { usePreferences } from './preferences.js';

/** @import {ApiError} from './api-client.js' */

/** Kinds of errors to which what the server said adds something. */
const explained = ['forbidden', 'not_found', 'incomplete', 'refused', 'failed', 'unavailable'];

/**
 * What went wrong and what to do about it.
 *
 * @param {{error: ApiError, retry?: () => void}} properties
 */
export function ErrorNote({ error, retry }) {
  const { t, format } = usePreferences();
  const wait = format.duration(error.retryAfterSeconds ?? 60);
  return html`
    <div class="error" role="alert">
      <p>${t(`error.${error.kind}`, { wait })}</p>
      ${explained.includes(error.kind) && html`<p class="quiet">${t('error.said')} <span lang="en">${error.detail}</span></p>`}
      ${retry && html`<button type="button" onClick=${retry}>${t('tryAgain')}</button>`}
    </div>
  `;
}

/**
 * What the API says about the data it gave, in its own words.
 *
 * @param {{warnings: string[]}} properties
 */
export const Warnings = ({ warnings }) =>
  warnings.length > 0 &&
  html`<ul class="warnings" lang="en">${warnings.map((warning) => html`<li key=${warning}>${warning}</li>`)}</ul>`;

/**
 * Grey lines where something is about to appear.
 *
 * @param {{lines: number, label: string}} properties
 */
export const Placeholder = ({ lines, label }) => html`
  <div class="placeholder" role="status" aria-label=${label}>
    ${Array.from({ length: lines }, (_, index) => html`<span key=${index}></span>`)}
  </div>
`;
