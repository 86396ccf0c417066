import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Format, formats } from '../files/tables';
import type { GivenAnswer } from './answers';
import { opening, remainder, staleWarning } from './envelope';

const mediaTypes: Record<Format, string> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

function qualityOf(range: string): { type: string; quality: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
}

/** The form an Accept header prefers; JSON where it names none of ours. */
export function acceptedFormat(accept: string | undefined): Format {
  if (accept === undefined || accept === '*/*') return 'json';
  const ranges = accept
    .split(',')
    .map(qualityOf)
    .sort((a, b) => b.quality - a.quality);
  for (const { type, quality } of ranges) {
    const format = formats.find((name) => mediaTypes[name].split(';')[0] === type);
    if (format && quality > 0) return format;
  }
  return 'json';
}

/** Hash of a body, as the text of an entity tag. */
export const etagOf = (body: Buffer): string => hash('sha256', body, 'base64url');

const isKnown = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${etag}"`);

/** The end of a JSON answer, which is its list of warnings, with more of them. */
function withWarnings(body: Buffer, warnings: readonly string[]): Buffer {
  if (warnings.length === 0) return body;
  const isEmpty = body.at(-3) === '['.charCodeAt(0);
  const added = JSON.stringify(warnings).slice(1);
  return Buffer.concat([body.subarray(0, -2), Buffer.from(`${isEmpty ? '' : ','}${added}}`)]);
}

function nextPageLink(request: FastifyRequest, cursor: string): string {
  const [path = '', query] = request.url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `<${path}?${parameters}>; rel="next"`;
}

/**
 * Sends an answer, or 304 to a client that has it. JSON answers differ in their request id, so their entity tag is a
 * weak one; the other forms have no place for meta, so the next page is a Link header.
 *
 * @param warnings about the request, besides those in the answer
 */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  format: Format,
  answer: GivenAnswer,
  warnings: readonly string[] = [],
) {
  const { body, etag, nextCursor, readAt, stale } = answer;
  reply
    .header('etag', format === 'json' ? `W/"${etag}"` : `"${etag}"`)
    .header('cache-control', 'private, no-cache')
    .header('vary', 'Accept, Origin');
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch !== undefined && isKnown(ifNoneMatch, etag)) return reply.code(304).send();
  reply.header('content-type', mediaTypes[format]);
  if (format === 'json') {
    const rest = withWarnings(body, stale ? [...warnings, staleWarning] : warnings);
    return reply.send(Buffer.concat([Buffer.from(opening(request.id, answer)), rest]));
  }
  if (nextCursor !== null) reply.header('link', nextPageLink(request, nextCursor));
  if (answer.cached) reply.header('age', Math.floor((Date.now() - readAt) / 1000));
  if (stale) reply.header('warning', `110 - "${staleWarning}"`);
  return reply.send(body);
}

/**
 * Sends what was just read from the database, in the envelope of all answers.
 *
 * @param data JSON text
 */
export function sendFresh(
  request: FastifyRequest,
  reply: FastifyReply,
  meta: object,
  data: string,
  warnings: readonly string[] = [],
) {
  const reading = { cached: false, readAt: Date.now(), stale: false };
  return reply
    .header('content-type', mediaTypes.json)
    .send(opening(request.id, reading) + remainder(meta, data, warnings));
}
