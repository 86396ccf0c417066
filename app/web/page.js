import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { readKey, readView, sections, writeView } from './address.js';
import { ApiClient } from './api-client.js';
import { html } from './html.js';
import { KeyForm } from './key-form.js';
import { MonitorView } from './monitor.js';
import { DatasetsPanel, QueuePanel, RunsPanel, SourcesPanel } from './operations.js';
import { PreferencesProvider, usePreferences } from './preferences.js';
import { StockSearch } from './stock-search.js';
import { StockView } from './stock-view.js';

/** @import {View} from './address.js' */

const keyName = 'api-key';
const container = /** @type {HTMLElement} */ (document.getElementById('page'));
/** Whether the product watches itself; a deployed one is watched by Prometheus. */
const isMonitored = container.dataset.monitored === 'true';

/** The key from a link such as /#key=sk_..., which is then taken out of the address, or the one of this tab. */
function takeKey() {
  const handedOver = readKey(location.hash);
  if (handedOver) {
    sessionStorage.setItem(keyName, handedOver);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(keyName);
}

/** The API key of this tab: one that was refused is forgotten. */
function useKey() {
  const [key, setKey] = useState(takeKey);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    const take = () => setKey(takeKey());
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  const forget = () => {
    sessionStorage.removeItem(keyName);
    setKey(null);
  };
  return {
    key,
    isRefused,
    use: (/** @type {string} */ entered) => {
      sessionStorage.setItem(keyName, entered);
      setRefused(false);
      setKey(entered);
    },
    forget: () => {
      setRefused(false);
      forget();
    },
    refuse: () => {
      setRefused(true);
      forget();
    },
  };
}

/** What the address asks for; a change becomes a step of the browser's history. */
function useView() {
  const [view, setView] = useState(() => readView(location.search));
  useEffect(() => {
    const follow = () => setView(readView(location.search));
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const change = (/** @type {Partial<View>} */ part) => {
    const changed = { ...view, ...part };
    history.pushState(null, '', location.pathname + writeView(changed));
    setView(changed);
  };
  return /** @type {const} */ ([view, change]);
}

function Page() {
  const { t, theme, switchLanguage, switchTheme, language } = usePreferences();
  const { key, isRefused, use, forget, refuse } = useKey();
  const [view, changeView] = useView();
  const client = useMemo(() => (key ? new ApiClient(key, refuse) : null), [key]);
  const isDark = theme === 'dark';
  return html`
    <a class="skip" href="#main">${t('skip')}</a>
    <header class="top">
      <h1><img src=${iconAddress} alt="" width="28" height="28" /> <span>${t('title')}</span></h1>
      ${client && html`<${StockSearch} client=${client} onChoose=${(/** @type {string} */ symbol) => changeView({ symbol, section: 'stocks' })} />`}
      <div class="switches">
        <button type="button" lang=${language === 'en' ? 'zh-CN' : 'en'} aria-label=${t('switchLanguageLabel')} onClick=${switchLanguage}>${t('switchLanguage')}</button>
        <button type="button" aria-label=${t(isDark ? 'toLightLabel' : 'toDarkLabel')} onClick=${switchTheme}>${t(isDark ? 'toLight' : 'toDark')}</button>
        ${client && html`<button type="button" onClick=${forget}>${t('forgetKey')}</button>`}
      </div>
      ${client && isMonitored && html`<${Sections} view=${view} onView=${changeView} />`}
    </header>
    ${
      client
        ? html`<${Section} client=${client} view=${view} onView=${changeView} />`
        : html`<${KeyForm} isRefused=${isRefused} onKey=${use} />`
    }
    <footer class="quiet">
      <span>${t('times')}</span>
      <span>${t('chartsBy')} <a href="https://www.tradingview.com/" rel="noreferrer">TradingView Lightweight Charts™</a></span>
      <a href="/docs">${t('documentation')}</a>
    </footer>
  `;
}

/** @typedef {{view: View, onView: (change: Partial<View>) => void}} Viewed */

/** Links to the parts of the page. @param {Viewed} properties */
function Sections({ view, onView }) {
  const { t } = usePreferences();
  const go = (/** @type {MouseEvent} */ event, /** @type {View['section']} */ section) => {
    // Another tab or window is the browser's to open.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onView({ section });
  };
  return html`
    <nav class="sections" aria-label=${t('sections')}>
      ${sections.map(
        (section) => html`
          <a
            key=${section}
            href=${location.pathname + writeView({ ...view, section })}
            aria-current=${section === view.section ? 'page' : undefined}
            onClick=${(/** @type {MouseEvent} */ event) => go(event, section)}
          >${t(`section.${section}`)}</a>
        `,
      )}
    </nav>
  `;
}

/** @param {Viewed & {client: ApiClient}} properties */
function Section({ client, view, onView }) {
  if (isMonitored && view.section === 'operations') return html`<${MonitorView} client=${client} />`;
  return html`
    <main id="main" tabindex="-1">
      <${StockView} client=${client} view=${view} onView=${onView} />
      <div class="aside">
        <${DatasetsPanel} client=${client} />
        <${SourcesPanel} client=${client} />
        <${QueuePanel} client=${client} />
      </div>
      <${RunsPanel} client=${client} />
    </main>
  `;
}

const iconAddress = new URL('favicon.svg', import.meta.url).pathname;

render(html`<${PreferencesProvider}><${Page} /><//>`, container);
