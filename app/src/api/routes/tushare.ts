import type { FastifyError, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { ParameterError } from '../../compatibility/parameter-error';
import { namesOf, parametersOf, readTushareRows, type TushareRequest, tushareApis } from '../../compatibility/tushare';
import { factorSources } from '../../market/adjustment';
import type { ApiContext } from '../api-context';
import type { ApiServer } from '../api-server';
import type { Authorization } from '../authorization';
import { knownProblem } from '../known-problem';
import { errors } from '../parameters';

/** What Tushare's clients tell apart by number. */
const codes = { ok: 0, failed: -1, badRequest: -2001, forbidden: 2002, badToken: 40101, tooManyCalls: 40203 };
const codesByStatus = new Map([
  [401, codes.badToken],
  [403, codes.forbidden],
  [429, codes.tooManyCalls],
]);

/** What went wrong, as Tushare's clients expect to read it. */
function failureOf(error: FastifyError): { code: number; msg: string } | undefined {
  const problem = knownProblem(error);
  const status = problem?.status ?? error.statusCode;
  if (problem && problem.status >= 500) return { code: codes.failed, msg: problem.detail };
  if (status === undefined || status >= 500) return undefined;
  return { code: codesByStatus.get(status) ?? codes.badRequest, msg: problem?.detail ?? error.message };
}

const send = (reply: FastifyReply, code: number, msg: string, data = 'null') =>
  reply
    .code(200)
    .type('application/json; charset=utf-8')
    .send(`{"request_id":"${reply.request.id}","code":${code},"msg":${JSON.stringify(msg)},"data":${data}}`);

/**
 * Adds an interface that answers as Tushare Pro does: in lots and thousand yuan, the newest first, and every failure
 * with status 200 and a code, since its SDK takes any other status for an answer without rows.
 *
 * @see https://tushare.pro/document/1?doc_id=130
 */
export function addTushareRoutes(server: ApiServer, context: ApiContext, authorization: Authorization): void {
  const { logger, sourcePriority, symbols } = context;
  const apis = tushareApis(factorSources(sourcePriority.adj_factor));

  for (const url of ['/tushare', '/tushare/:api_name']) {
    server.post(
      url,
      {
        attachValidation: true,
        errorHandler: (error, _request, reply) => {
          const failure = failureOf(error);
          if (!failure) logger.error({ err: error }, 'request failed');
          const { code, msg } = failure ?? { code: codes.failed, msg: 'the server failed; try again' };
          send(reply, code, msg);
        },
        schema: {
          tags: ['compatibility'],
          operationId: url.includes(':') ? 'askTushareInterface' : 'askTushare',
          summary: "Rows as Tushare Pro's HTTP API gives them; the token is an API key",
          ...(url.includes(':') ? { params: Type.Object({ api_name: Type.String({ maxLength: 50 }) }) } : {}),
          body: Type.Object({
            api_name: Type.Optional(Type.String({ description: namesOf(apis) })),
            token: Type.String(),
            params: Type.Optional(
              Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null(), Type.Literal('')]),
            ),
            fields: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
          }),
          response: {
            200: Type.Object({
              request_id: Type.String(),
              code: Type.Integer({ description: '0 when there is an answer' }),
              msg: Type.String(),
              data: Type.Unknown({ description: 'fields, items, has_more and count; null when code is not 0' }),
            }),
            ...errors,
          },
        },
      },
      async (request, reply) => {
        if (request.validationError) throw new ParameterError(request.validationError.message);
        const body = request.body as TushareRequest;
        await authorization.authorizeKey(request, reply, body.token ?? '', 'read');
        const apiName = (request.params as { api_name?: string }).api_name ?? body.api_name ?? '';
        const api = apis.get(apiName);
        if (!api) throw new ParameterError(`there is no interface '${apiName}' here; there are ${namesOf(apis)}`);
        const parameters = await parametersOf(api, body, symbols);
        const asked = [body.fields ?? ''].flat().join(',');
        const { fields, items, hasMore } = await readTushareRows(request.database, apiName, api, parameters, asked);
        const data = `{"fields":${JSON.stringify(fields)},"items":[${items.join(',')}],"has_more":${hasMore},"count":-1}`;
        return send(reply as FastifyReply, codes.ok, '', data) as never;
      },
    );
  }
}
