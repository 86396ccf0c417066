import { type TProperties, Type } from 'typebox';
import { adjustments } from '../market/adjustment';
import type { SourceName } from '../sources/source';

export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

/** Where the rows of an answer come from. */
export interface Provenance {
  /** 'mixed' when there are several, null without rows. */
  source: string | null;
  is_fallback: boolean;
  /** The preferred source that not all rows come from. */
  fallback_from: string | null;
}

/** What an answer says about its rows. */
export interface Meta extends Provenance {
  adjust: string | null;
  units: Record<string, string> | null;
  next_cursor: string | null;
}

/** Units of prices and amounts, in every answer that has any. */
export const units = { price: 'CNY', volume: 'shares', amount: 'CNY' };

/** What an answer says about itself; differs from one request to the next. */
export interface Reading {
  cached: boolean;
  /** When the database was asked, in milliseconds since 1970. */
  readAt: number;
  /** Whether the database could not be asked again although the answer is out of date. */
  stale: boolean;
}

const syntheticWarning = "rows of source 'sample' are synthetic: they come from no market";
export const staleWarning = 'the database does not answer: this is the last answer it gave, which may be out of date';

/** Warnings that rows of these sources call for. */
export const warningsFor = (sources: readonly string[]): string[] =>
  sources.includes('sample') ? [syntheticWarning] : [];

/**
 * @param sources of the rows, each once
 * @param priority sources in order of preference; rows of 'sample' are no fallback for any
 */
export function provenanceOf(sources: readonly string[], priority: readonly SourceName[]): Provenance {
  const preferred = priority.find((source) => source !== 'sample');
  const isFallback = preferred !== undefined && sources.some((source) => source !== 'sample' && source !== preferred);
  return {
    source: sources.length > 1 ? 'mixed' : (sources[0] ?? null),
    is_fallback: isFallback,
    fallback_from: isFallback ? preferred : null,
  };
}

/** Meta of rows that come from no source, such as those about the application itself. */
export const ownMeta = (nextCursor: string | null = null): Meta => ({
  source: null,
  is_fallback: false,
  fallback_from: null,
  adjust: null,
  units: null,
  next_cursor: nextCursor,
});

/** The beginning of an answer, up to what is the same for every request. */
export function opening(requestId: string, { cached, readAt, stale }: Reading): string {
  const ageSeconds = cached ? Math.floor((Date.now() - readAt) / 1000) : null;
  return `{"meta":{"request_id":"${requestId}","cached":${cached},"cache_age_seconds":${ageSeconds},"as_of":"${new Date(readAt).toISOString()}","stale":${stale},`;
}

/**
 * The rest of an answer.
 *
 * @param data JSON text
 */
export const remainder = (meta: object, data: string, warnings: readonly string[]): string =>
  `${JSON.stringify(meta).slice(1)},"data":${data},"warnings":${JSON.stringify(warnings)}}`;

const metaSchema = Type.Object(
  {
    request_id: Type.String(),
    cached: Type.Boolean({ description: 'Whether the answer was made for an earlier request' }),
    cache_age_seconds: Nullable(Type.Integer()),
    as_of: Type.String({ format: 'date-time', description: 'When the database was asked' }),
    stale: Type.Boolean({ description: 'Out of date, and served because the database does not answer' }),
    source: Nullable(Type.String({ description: "Where the rows come from, 'mixed' when from several sources" })),
    is_fallback: Type.Boolean(),
    fallback_from: Nullable(Type.String({ description: 'The preferred source that not all rows come from' })),
    adjust: Nullable(Type.String({ enum: [...adjustments] })),
    units: Nullable(Type.Object({ price: Type.String(), volume: Type.String(), amount: Type.String() })),
    next_cursor: Nullable(Type.String({ description: 'Asks for the next page; null on the last' })),
  },
  { title: 'Meta' },
);

/** Describes an envelope around the data, for OpenAPI. */
export const envelopeSchema = <T extends Parameters<typeof Type.Array>[0], P extends TProperties>(
  data: T,
  furtherMeta?: P,
) =>
  Type.Object({
    data,
    meta: furtherMeta ? Type.Intersect([metaSchema, Type.Object(furtherMeta)]) : metaSchema,
    warnings: Type.Array(Type.String()),
  });
