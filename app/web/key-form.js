import { useRef } from 'preact/hooks';
import { html } from './html.js';
import { usePreferences } from './preferences.js';

/**
 * Asks for an API key.
 *
 * @param {{isRefused: boolean, onKey: (key: string) => void}} properties
 */
export function KeyForm({ isRefused, onKey }) {
  const { t } = usePreferences();
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const key = field.current?.value.trim();
    if (key) onKey(key);
  };
  return html`
    <main class="key">
      <form class="panel" onSubmit=${submit}>
        <h2>${t('key.title')}</h2>
        ${isRefused && html`<p class="error" role="alert" id="key-refused">${t('key.refused')}</p>`}
        <label for="key">${t('key.label')}</label>
        <input id="key" ref=${field} type="password" autocomplete="off" spellcheck=${false} required autofocus aria-invalid=${isRefused} aria-describedby=${isRefused ? 'key-refused key-kept' : 'key-kept'} />
        <p class="quiet" id="key-kept">${t('key.kept')}</p>
        <button type="submit" class="main">${t('key.use')}</button>
        <p class="quiet">${t('key.where')}</p>
        <pre><code>stock apikey create --name me --scopes read</code></pre>
      </form>
    </main>
  `;
}
