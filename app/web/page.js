import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { readKey, readView, writeView } from './address.js';
import { ApiClient } from './api-client.js';
import { html } from './html.js';
import { KeyForm } from './key-form.js';
import { DatasetsPanel, QueuePanel, RunsPanel, SourcesPanel } from './operations.js';
import { PreferencesProvider, usePreferences } from './preferences.js';
import { StockSearch } from './stock-search.js';
import { StockView } from './stock-view.js';

/** @import {View} from './address.js' */

const keyName = 'api-key';

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
      ${client && html`<${StockSearch} client=${client} onChoose=${(/** @type {string} */ symbol) => changeView({ symbol })} />`}
      <div class="switches">
        <button type="button" lang=${language === 'en' ? 'zh-CN' : 'en'} aria-label=${t('switchLanguageLabel')} onClick=${switchLanguage}>${t('switchLanguage')}</button>
        <button type="button" aria-label=${t(isDark ? 'toLightLabel' : 'toDarkLabel')} onClick=${switchTheme}>${t(isDark ? 'toLight' : 'toDark')}</button>
        ${client && html`<button type="button" onClick=${forget}>${t('forgetKey')}</button>`}
      </div>
    </header>
    ${
      client
        ? html`
          <main id="main" tabindex="-1">
            <${StockView} client=${client} view=${view} onView=${changeView} />
            <div class="aside">
              <${DatasetsPanel} client=${client} />
              <${SourcesPanel} client=${client} />
              <${QueuePanel} client=${client} />
            </div>
            <${RunsPanel} client=${client} />
          </main>
        `
        : html`<${KeyForm} isRefused=${isRefused} onKey=${use} />`
    }
    <footer class="quiet">
      <span>${t('times')}</span>
      <span>${t('chartsBy')} <a href="https://www.tradingview.com/" rel="noreferrer">TradingView Lightweight Charts™</a></span>
      <a href="/docs">${t('documentation')}</a>
    </footer>
  `;
}

const iconAddress = new URL('favicon.svg', import.meta.url).pathname;

render(html`<${PreferencesProvider}><${Page} /><//>`, /** @type {HTMLElement} */ (document.getElementById('page')));
