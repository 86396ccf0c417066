/** What is asked, as the cache knows it. */
export interface Question {
  /** What kind of answer it is: the label of the metrics and the beginning of the key. */
  kind: 'daily' | 'market-daily' | 'stocks' | 'quote' | 'quotes';
  /** Whose version the answer is stamped with. */
  subject: string;
  /** Tells this question from all others. */
  key: string;
}

/** @param parts what tells it from others of its kind: the symbols first where it is about some */
export const question = (kind: Question['kind'], subject: string, parts: readonly unknown[]): Question => ({
  kind,
  subject,
  key: `${kind}:${parts.map((part) => `${part ?? ''}:`).join('')}`,
});

/** A pattern of Redis' MATCH for the keys that begin with a prefix, or any, and name a symbol where one is given. */
export const keysLike = (prefix: string, symbol: string | undefined): string =>
  symbol === undefined ? `${prefix}*` : `${prefix || '*:'}${symbol}:*`;
