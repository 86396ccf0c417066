import { useEffect, useState } from 'preact/hooks';
import { html } from './html.js';
import { ErrorNote } from './notes.js';
import { usePreferences } from './preferences.js';
import { useAnswer } from './use-answer.js';

/** @import {ApiClient} from './api-client.js' */
/** @typedef {{symbol: string, name: string | null, industry: string | null, source: string}} Stock */

const typingPauseMilliseconds = 200;
const mostSuggestions = 10;

/**
 * The text once nothing was typed for a moment, so that not every letter asks the server.
 *
 * @param {string} text
 */
function usePaused(text) {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), typingPauseMilliseconds);
    return () => clearTimeout(timer);
  }, [text]);
  return paused;
}

/**
 * A field that suggests stocks while one types.
 *
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 * @param {{client: ApiClient, onChoose: (symbol: string) => void}} properties
 */
export function StockSearch({ client, onChoose }) {
  const { t, format } = usePreferences();
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const [isEntered, setEntered] = useState(false);

  const query = text.trim();
  const asked = usePaused(query);
  const path = `/api/v1/stocks?${new URLSearchParams({ query: asked, limit: String(mostSuggestions) })}`;
  const { answer, error } = useAnswer(client, asked ? path : null);
  const isCurrent = asked === query && query !== '';
  const stocks = /** @type {Stock[]} */ (isCurrent ? (answer?.data ?? []) : []);

  const choose = (/** @type {Stock} */ stock) => {
    setText('');
    setOpen(false);
    onChoose(stock.symbol);
  };
  // Who types a number and Enter in one go is faster than the answer.
  useEffect(() => {
    const stock = stocks[active];
    if (!isEntered || !stock) return;
    setEntered(false);
    choose(stock);
  }, [isEntered, answer]);
  const type = (/** @type {Event & {currentTarget: HTMLInputElement}} */ event) => {
    setText(event.currentTarget.value);
    setOpen(true);
    setActive(0);
    setEntered(false);
  };
  const step = (/** @type {number} */ by) => {
    setOpen(true);
    if (stocks.length) setActive((active + by + stocks.length) % stocks.length);
  };
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: () => setEntered(true),
    Escape: () => {
      if (!isOpen) setText('');
      setOpen(false);
      setEntered(false);
    },
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const act = event.isComposing ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };

  const isListed = isOpen && stocks.length > 0;
  return html`
    <div class="search">
      <label class="hidden" for="search">${t('search.label')}</label>
      <input
        id="search"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck=${false}
        maxlength="50"
        aria-autocomplete="list"
        aria-expanded=${isListed}
        aria-controls="suggestions"
        aria-activedescendant=${isListed ? `suggestion-${active}` : undefined}
        placeholder=${t('search.placeholder')}
        value=${text}
        onInput=${type}
        onKeyDown=${press}
        onFocus=${() => setOpen(true)}
        onBlur=${() => setOpen(false)}
      />
      <div class="suggestions" hidden=${!(isOpen && isCurrent && (answer || error))}>
        <ul id="suggestions" role="listbox" aria-label=${t('search.label')}>
          ${stocks.map(
            (stock, index) => html`
              <li
                key=${stock.symbol}
                id=${`suggestion-${index}`}
                role="option"
                aria-selected=${index === active}
                onMouseEnter=${() => setActive(index)}
                onMouseDown=${(/** @type {MouseEvent} */ event) => {
                  // The field would lose the focus, and the list with it, before the click.
                  event.preventDefault();
                  choose(stock);
                }}
              >
                <span class="number">${stock.symbol}</span>
                <span class="name">${stock.name}</span>
                <span class="quiet">${stock.industry}</span>
              </li>
            `,
          )}
        </ul>
        ${answer && stocks.length === 0 && html`<p class="quiet">${t('search.none', { query })}</p>`}
        ${error && html`<${ErrorNote} error=${error} />`}
      </div>
      <p class="hidden" role="status">
        ${isOpen && isCurrent && answer ? t('search.count', { count: format.count(stocks.length) }) : ''}
      </p>
    </div>
  `;
}
