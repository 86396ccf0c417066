import { Type } from 'typebox';
import {
  type DeadLetter,
  deleteDeadLetter,
  findDeadLetter,
  listDeadLetters,
  replayDeadLetter,
} from '../../jobs/dead-letters';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { decodeCursor, encodeCursor } from '../cursor';
import { envelopeSchema, Nullable, ownMeta } from '../envelope';
import { jobSchema, toJob } from '../job-answer';
import { clientOf } from '../job-client';
import { errors, paging, security } from '../parameters';
import { Problem } from '../problem';
import { sendFresh } from '../representation';

const tags = ['jobs'];
const idForm = /^[1-9]\d{0,17}$/;
const params = Type.Object({ id: Type.String({ pattern: idForm.source }) });

const Moment = Type.String({ format: 'date-time' });

const letterSchema = Type.Object(
  {
    id: Type.Integer(),
    job_id: Type.String({ format: 'uuid' }),
    type: Type.String(),
    request: Type.Unknown(),
    priority: Type.Integer(),
    attempts: Type.Integer(),
    error: Type.String(),
    error_kind: Nullable(Type.String({ description: 'What class of error it was' })),
    failed_at: Moment,
    replayed_job_id: Nullable(Type.String({ format: 'uuid' })),
    replayed_at: Nullable(Moment),
  },
  { title: 'DeadLetter' },
);

const toLetter = ({ id, failed_at, replayed_at, ...letter }: DeadLetter) => ({
  id: Number(id),
  ...letter,
  failed_at: failed_at.toISOString(),
  replayed_at: replayed_at?.toISOString() ?? null,
});

const unknownLetter = (id: string) => new Problem(404, 'unknown_dead_letter', `there is no dead letter ${id}`);

/** Adds the routes under /api/v1/dlq. */
export function addDeadLetterRoutes(server: ApiServer, context: ApiContext): void {
  const { queue, logger } = context;
  server.get(
    '/api/v1/dlq',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'listDeadLetters',
        summary: 'Jobs that failed for good, the newest first',
        security,
        querystring: Type.Object(
          {
            replayed: Type.Boolean({
              default: false,
              description: 'Those that were replayed instead of those that were not',
            }),
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: envelopeSchema(Type.Array(letterSchema)),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { replayed, limit, cursor } = request.query;
      const before = cursor === undefined ? undefined : decodeCursor(cursor, idForm);
      const found = await listDeadLetters(request.database, replayed, limit + 1, before);
      const shown = found.slice(0, limit);
      const last = shown.at(-1)?.id;
      const nextCursor = found.length > limit && last ? encodeCursor(last) : null;
      const data = JSON.stringify(shown.map(toLetter));
      return sendFresh(request, reply, ownMeta(nextCursor), data);
    },
  );

  server.post(
    '/api/v1/dlq/:id/replay',
    {
      config: { scope: 'write' },
      schema: {
        tags,
        operationId: 'replayDeadLetter',
        summary: 'Submit what failed once more, as a new job',
        security,
        params,
        response: {
          202: envelopeSchema(jobSchema),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const replaying = { database: request.database, queue, logger };
      const job = await replayDeadLetter(replaying, id, clientOf(request, context));
      if (!job) {
        const letter = await findDeadLetter(request.database, id);
        if (!letter) throw unknownLetter(id);
        throw new Problem(409, 'already_replayed', `dead letter ${id} was replayed as job ${letter.replayed_job_id}`);
      }
      return sendFresh(
        request,
        reply.code(202).header('location', `/api/v1/jobs/${job.id}`),
        ownMeta(),
        JSON.stringify(toJob(job)),
      );
    },
  );

  server.delete(
    '/api/v1/dlq/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags,
        operationId: 'deleteDeadLetter',
        summary: 'Forget a dead letter',
        security,
        params,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await deleteDeadLetter(request.database, id))) throw unknownLetter(id);
      return reply.code(204).send(null);
    },
  );
}
