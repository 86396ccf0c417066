import { z } from 'zod';
import { httpUrl, revision } from '../fields';

/** Where market data comes from. A source needs its token too, or its URL where it has none. */
const schema = z.strictObject({
  /** The order in which sources are asked, with exceptions for single datasets (SOURCE_PRIORITY). */
  priority: z
    .string()
    .regex(
      /^(tushare|akshare|wind|sample)(,(tushare|akshare|wind|sample))*(; *[a-z_]+=[a-z,]+)*$/,
      'sources in order, of tushare, akshare, wind, sample, then exceptions as "; dataset=sources"',
    ),
  tushareUrl: httpUrl.default('http://api.tushare.pro'),
  /** Calls a minute that your points allow for one interface. @default - the application's, 200 */
  tushareCallsPerMinute: z.int().min(1).max(1_000_000).optional(),
  /** Seconds one request may take. @default - the application's, 30 */
  timeoutSeconds: z.int().min(1).max(3600).optional(),
  /** AKTools, which serves AKShare over HTTP. */
  aktoolsUrl: httpUrl.optional(),
  /** The DIRestPlus gateway of a Wind terminal. */
  windUrl: httpUrl.optional(),
  /** Of each token: raise it, and give the token, to have it written again. */
  tokenRevisions: z.strictObject({ tushare: revision, akshare: revision, wind: revision }).prefault({}),
});
export type SourcesConfig = z.output<typeof schema>;

export const sources = { schema };
