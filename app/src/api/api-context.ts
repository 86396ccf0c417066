import type { Logger } from 'pino';
import type { AnswerCache } from '../cache/answer-cache';
import type { Database } from '../database/pool';
import type { DatabasePulse } from '../database/pulse';
import type { JobQuota } from '../jobs/job-quota';
import type { JobQueue } from '../jobs/queue';
import type { SymbolResolver } from '../market/symbol-resolver';
import type { Health } from '../runtime/health';
import type { SourcePriority } from '../sources/priority';
import type { Answers } from './answers';
import type { HttpMetrics } from './http-metrics';
import type { Monitor } from './monitor-report';

/** What the API is built from. */
export interface ApiSettings {
  database: Database;
  /** Connections that requests do not keep busy, for the look-ups before them. */
  watchDatabase: Database;
  /** Tells whether the database answers; one that was not started says so always. */
  pulse: DatabasePulse;
  /** Statements and transactions one API key may have under way. */
  databasePlacesPerKey: number;
  queue: JobQueue;
  cache: AnswerCache | undefined;
  health: Health;
  metrics: HttpMetrics;
  logger: Logger;
  secretKey: string;
  /** The secret key before, while keys are proved by it. */
  formerSecretKey?: string | undefined;
  /** Puts the cause of a server error into the answer. */
  debug: boolean;
  sourcePriority: SourcePriority;
  /** How long answers are fresh, by how often the data behind them changes. */
  cacheSeconds: { realtime: number; daily: number; historical: number };
  /** For keys without a limit of their own. */
  requestsPerMinute: number;
  jobQuota: JobQuota;
  /** Origins whose pages may ask from a browser. */
  allowedOrigins: readonly string[];
  /** Addresses (CIDR) of what stands before it, whose X-Forwarded-For says who the client is. */
  trustedProxies: readonly string[];
  /** Where the event loop lags more than this on average, requests for data are refused instead of answered late. */
  overload: { delayMilliseconds: number; measuredMilliseconds: number };
  /** What watches the product from within and is shown on the page. */
  monitor?: Monitor;
}

/** What routes work with. */
export interface ApiContext extends ApiSettings {
  answers: Answers;
  symbols: SymbolResolver;
}
