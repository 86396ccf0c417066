import { Type } from 'typebox';
import { aktoolsFunctions } from '../../compatibility/aktools';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import { errors, security } from '../parameters';

const jsonType = 'application/json; charset=utf-8';

/**
 * Adds an interface that answers as AKTools does for AKShare: Chinese names, lots of 100 shares.
 *
 * @see https://aktools.akfamily.xyz/
 */
export function addAktoolsRoutes(server: ApiServer, { symbols, sourcePriority }: ApiContext): void {
  const functions = aktoolsFunctions(symbols, sourcePriority);
  const names = [...functions.keys()].join(', ');

  server.get(
    '/api/public/:function',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['compatibility'],
        operationId: 'askAktools',
        summary: `Rows as AKTools gives them: ${names}`,
        security,
        params: Type.Object({ function: Type.String({ maxLength: 50 }) }),
        querystring: Type.Object(
          Object.fromEntries(
            ['symbol', 'period', 'start_date', 'end_date', 'adjust'].map((name) => [
              name,
              Type.Optional(Type.String({ maxLength: 20 })),
            ]),
          ),
          { additionalProperties: false },
        ),
        response: {
          200: Type.Array(Type.Record(Type.String(), Type.Unknown())),
          404: Type.Object({ error: Type.String() }),
          ...errors,
        },
      },
    },
    async (request, reply) => {
      const { function: name } = request.params;
      const answer = functions.get(name);
      if (!answer) {
        const error = `there is no function '${name}' here; there are ${names}`;
        return reply
          .code(404)
          .type(jsonType)
          .send(JSON.stringify({ error }) as never);
      }
      return reply
        .type(jsonType)
        .send((await answer(request.database, request.query as Record<string, string | undefined>)) as never);
    },
  );
}
