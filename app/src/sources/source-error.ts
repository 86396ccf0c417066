import { secondsUntilMidnightInShanghai } from '../market/trading-day';

/**
 * Why a source did not answer. auth: the credentials are wrong. permission: they do not cover this interface.
 * rate_limit and quota: called too often in a minute or a day. network: no answer, or a server error. data: an answer
 * that cannot be understood. request: the source refuses what is asked. breaker_open: it was not called, because it failed
 * a moment ago. unavailable: no source that is configured has the dataset.
 */
export type SourceErrorKind = (typeof answeredKinds)[number] | 'breaker_open' | 'unavailable';

/** Those of a request that was made. */
const answeredKinds = ['auth', 'permission', 'rate_limit', 'quota', 'network', 'data', 'request'] as const;

/** What may become of a request to a source. */
export const requestOutcomes = ['ok', 'aborted', ...answeredKinds] as const;

/** How long the source is not to be called after an error of the kind, in seconds; undefined where it need not be. */
function impliedPauseSeconds(kind: SourceErrorKind): number | undefined {
  if (kind === 'auth' || kind === 'permission') return 3600;
  if (kind === 'rate_limit') return 60;
  return kind === 'quota' ? secondsUntilMidnightInShanghai(new Date()) : undefined;
}

/** A source did not answer as it should. */
export class SourceError extends Error {
  override readonly name = 'SourceError';

  /**
   * @param message what the source said; holds no credentials
   * @param retryAfterSeconds how long the source is not to be called, where it said so or its kind implies it
   */
  constructor(
    readonly kind: SourceErrorKind,
    message: string,
    readonly retryAfterSeconds: number | undefined = impliedPauseSeconds(kind),
  ) {
    super(message);
  }

  /** Whether a later attempt may succeed without anybody changing anything. */
  get isTransient(): boolean {
    return ['network', 'data', 'rate_limit', 'quota', 'breaker_open'].includes(this.kind);
  }
}
