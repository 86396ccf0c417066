/** What the address of the page says, so that a link shows what its sender saw. */

export const ranges = /** @type {const} */ (['1M', '3M', '1Y', '5Y', 'all']);
export const sections = /** @type {const} */ (['stocks', 'operations']);
export const adjustments = /** @type {const} */ (['none', 'qfq', 'hfq']);

/** @typedef {(typeof ranges)[number]} Range */
/** @typedef {(typeof adjustments)[number]} Adjustment */
/** @typedef {(typeof sections)[number]} Section */
/** @typedef {{section: Section, symbol: string | null, range: Range, adjust: Adjustment}} View */

/** @type {View} */
const defaultView = { section: 'stocks', symbol: null, range: '1Y', adjust: 'none' };

/**
 * @template {string} Choice
 * @param {readonly Choice[]} choices
 * @param {string | null} text
 * @param {Choice} otherwise
 */
const choose = (choices, text, otherwise) => choices.find((choice) => choice === text) ?? otherwise;

/**
 * The view a query asks for; what it does not say, or says wrongly, is the default.
 *
 * @param {string} query such as ?symbol=604981.SH&adjust=qfq&range=1Y
 * @returns {View}
 */
export function readView(query) {
  const parameters = new URLSearchParams(query);
  return {
    section: choose(sections, parameters.get('view'), defaultView.section),
    symbol: parameters.get('symbol') || defaultView.symbol,
    range: choose(ranges, parameters.get('range'), defaultView.range),
    adjust: choose(adjustments, parameters.get('adjust'), defaultView.adjust),
  };
}

/**
 * The query that asks for a view, without what is the default anyway.
 *
 * @param {View} view
 */
export function writeView({ section, symbol, range, adjust }) {
  const parameters = new URLSearchParams();
  if (section !== defaultView.section) parameters.set('view', section);
  if (symbol) parameters.set('symbol', symbol);
  if (adjust !== defaultView.adjust) parameters.set('adjust', adjust);
  if (range !== defaultView.range) parameters.set('range', range);
  return parameters.size ? `?${parameters}` : '';
}

/**
 * The API key a fragment such as #key=sk_... hands over.
 *
 * @param {string} fragment
 */
export const readKey = (fragment) => new URLSearchParams(fragment.replace(/^#/, '')).get('key');
