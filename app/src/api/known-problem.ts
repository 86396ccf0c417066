import { TooManyLookUps } from '../access/api-keyring';
import { TooManyQueries } from '../access/database-share';
import { ParameterError } from '../compatibility/parameter-error';
import { JobQuotaExceeded } from '../jobs/job-quota';
import { JobRequestError } from '../jobs/job-request';
import { NoAdjustment } from '../market/adjustment';
import { UnknownStock } from '../market/stocks';
import { SymbolError } from '../market/symbol';
import { databaseProblem } from './database-problem';
import { Problem, type ProblemCode } from './problem';

/** What errors of the rooms behind the API are to a client, by their class. */
const problems = new Map<unknown, [status: number, code: ProblemCode]>([
  [SymbolError, [400, 'invalid_symbol']],
  [ParameterError, [400, 'invalid_request']],
  [JobRequestError, [400, 'invalid_request']],
  [UnknownStock, [404, 'unknown_symbol']],
  [NoAdjustment, [422, 'no_adjustment']],
  [TooManyQueries, [429, 'too_many_queries']],
  [TooManyLookUps, [503, 'overloaded']],
]);

/** The problem to answer with where the error is one that can be told; undefined for those that nobody foresaw. */
export function knownProblem(error: Error): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof JobQuotaExceeded) {
    return new Problem(error.whose === 'key' ? 429 : 503, 'too_many_jobs', error.message);
  }
  const problem = problems.get(error.constructor);
  return problem ? new Problem(...problem, error.message) : databaseProblem(error);
}
