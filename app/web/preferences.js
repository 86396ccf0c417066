import { createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { createFormat } from './format.js';
import { html } from './html.js';
import { texts, translator } from './text.js';

/** @import {Format} from './format.js' */
/** @import {Language, Translate} from './text.js' */
/** @typedef {'light' | 'dark'} Theme */
/**
 * @typedef {object} Preferences
 * @property {Language} language
 * @property {Theme} theme
 * @property {Translate} t
 * @property {Format} format
 * @property {() => void} switchLanguage
 * @property {() => void} switchTheme
 */

const PreferencesContext = createContext(/** @type {Preferences | undefined} */ (undefined));

/** How this reader wants to see the page. */
export const usePreferences = () => /** @type {Preferences} */ (useContext(PreferencesContext));

const languages = /** @type {Language[]} */ (Object.keys(texts));
const locales = { en: 'en-GB', zh: 'zh-CN' };
const htmlLanguages = { en: 'en', zh: 'zh-CN' };
const darkSystem = matchMedia('(prefers-color-scheme: dark)');

/** @returns {Language} */
const systemLanguage = () => (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

/**
 * A choice that outlives the page; until one is made there is none.
 *
 * @template {string} Choice
 * @param {string} name
 * @param {readonly Choice[]} choices
 */
function useKeptChoice(name, choices) {
  const [chosen, setChosen] = useState(() => choices.find((choice) => choice === localStorage.getItem(name)));
  const keep = (/** @type {Choice} */ choice) => {
    localStorage.setItem(name, choice);
    setChosen(choice);
  };
  return /** @type {const} */ ([chosen, keep]);
}

/** @returns {Theme} */
function useSystemTheme() {
  const [isDark, setDark] = useState(darkSystem.matches);
  useEffect(() => {
    const follow = () => setDark(darkSystem.matches);
    darkSystem.addEventListener('change', follow);
    return () => darkSystem.removeEventListener('change', follow);
  }, []);
  return isDark ? 'dark' : 'light';
}

/**
 * Gives the page its language and colours: what the reader chose here, otherwise what the browser asks for.
 *
 * @param {{children: import('preact').ComponentChildren}} properties
 */
export function PreferencesProvider({ children }) {
  const [chosenLanguage, keepLanguage] = useKeptChoice('language', languages);
  const [chosenTheme, keepTheme] = useKeptChoice('theme', /** @type {const} */ (['light', 'dark']));
  const systemTheme = useSystemTheme();
  const language = chosenLanguage ?? systemLanguage();
  const theme = chosenTheme ?? systemTheme;

  const preferences = useMemo(
    () => ({
      language,
      theme,
      t: translator(language),
      format: createFormat(locales[language]),
      switchLanguage: () => keepLanguage(language === 'en' ? 'zh' : 'en'),
      switchTheme: () => keepTheme(theme === 'dark' ? 'light' : 'dark'),
    }),
    [language, theme],
  );

  // Before what is inside is drawn: the chart takes its colours from the style sheet.
  const root = document.documentElement;
  root.lang = htmlLanguages[language];
  root.dataset.theme = theme;
  document.title = preferences.t('title');
  return html`<${PreferencesContext.Provider} value=${preferences}>${children}<//>`;
}
