import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

/** Stable names of what can go wrong, for programs to branch on; the README lists them. */
export type ProblemCode =
  | 'invalid_request'
  | 'invalid_symbol'
  | 'invalid_cursor'
  | 'missing_api_key'
  | 'invalid_api_key'
  | 'insufficient_scope'
  | 'unknown_route'
  | 'unknown_symbol'
  | 'unknown_job'
  | 'job_finished'
  | 'unknown_dead_letter'
  | 'already_replayed'
  | 'no_quote'
  | 'no_adjustment'
  | 'too_many_requests'
  | 'too_many_queries'
  | 'too_many_streams'
  | 'too_many_jobs'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'internal_error'
  | 'cache_unavailable'
  | 'queue_unavailable'
  | 'database_unavailable'
  | 'database_busy'
  | 'overloaded';

/** After how many seconds it is worth asking again; five where the server cannot answer now. */
const retryAfterSeconds: Partial<Record<ProblemCode, number>> = {
  too_many_queries: 1,
  too_many_streams: 10,
  too_many_jobs: 60,
};
const retryAfterUnavailableSeconds = 5;

/** A request that cannot be served, for the client to read. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    readonly detail: string,
    readonly extensions: Record<string, unknown> = {},
  ) {
    super(detail);
  }
}

export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable name of the problem' }),
    detail: Type.String(),
    instance: Type.String({ format: 'uri', description: 'The request that failed, by its X-Request-Id' }),
    errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
  },
  { title: 'Problem', description: 'RFC 9457 problem details', additionalProperties: true },
);

/** Answers with problem details as RFC 9457 describes them, and says when to ask again where that may help. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const retryAfter = retryAfterSeconds[problem.code] ?? (problem.status === 503 && retryAfterUnavailableSeconds);
  if (retryAfter && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfter);
  // A string goes out as it is: the shape is the same whatever response schema the route has.
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: STATUS_CODES[problem.status],
        status: problem.status,
        code: problem.code,
        detail: problem.detail,
        instance: `urn:request:${reply.request.id}`,
        ...problem.extensions,
      }),
    );
}
