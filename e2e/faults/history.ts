/** What came of one request of a client: a status, no answer in time, nobody there, or a connection that was cut. */
export type Outcome = number | 'timeout' | 'refused' | 'cut';

/** What a client asks for: a job, an answer of PostgreSQL, or one that the cache may have. */
export type Asked = 'submit' | 'read' | 'cached';

/** What one role said about itself at one moment. */
export interface HealthSample {
  /** Milliseconds since the beginning. */
  at: number;
  role: string;
  status: 'ok' | 'degraded' | 'unavailable' | 'no answer';
  /** The checks that failed. */
  failed: readonly string[];
}

/** One request that ended. */
export interface Answer {
  /** Milliseconds since the beginning, when it was asked. */
  at: number;
  what: Asked;
  outcome: Outcome;
  /** Milliseconds it took. */
  took: number;
}

/** All that was seen while one fault was injected; what is concluded from it is in checkers.ts. */
export interface History {
  /** Rows that any job may have left, accepted or not, as "SYMBOL DAY". */
  attemptedRows: readonly string[];
  /** Jobs the API accepted, by its answer. */
  accepted: readonly string[];
  /** The record of each job at the end. */
  records: readonly { id: string; state: string; attempts: number }[];
  /** Jobs in the list of those that failed for good. */
  deadLetters: readonly string[];
  /** Rows the accepted jobs must have left, as "SYMBOL DAY". */
  expectedRows: readonly string[];
  /** Rows that are stored, each as often as it is. */
  storedRows: readonly string[];
  answers: readonly Answer[];
  health: readonly HealthSample[];
  /** When the fault began and ended, and when all was well again, if it ever was. Milliseconds since the beginning. */
  faultBegan: number;
  faultEnded: number;
  recovered: number | undefined;
}
