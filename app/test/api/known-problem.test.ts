import { TooManyLookUps } from '../../src/access/api-keyring';
import { TooManyQueries } from '../../src/access/database-share';
import { knownProblem } from '../../src/api/known-problem';
import { Problem } from '../../src/api/problem';
import { ParameterError } from '../../src/compatibility/parameter-error';
import { DatabaseAway } from '../../src/database/pulse';
import { JobQuotaExceeded } from '../../src/jobs/job-quota';
import { JobRequestError } from '../../src/jobs/job-request';
import { NoAdjustment } from '../../src/market/adjustment';
import { UnknownStock } from '../../src/market/stocks';
import { SymbolError } from '../../src/market/symbol';

describe('the problem that an error is to a client', () => {
  test.each([
    ['a text that is no symbol', new SymbolError('no symbol'), 400, 'invalid_symbol'],
    ['a parameter', new ParameterError('no day'), 400, 'invalid_request'],
    ['an order that cannot be carried out', new JobRequestError('in the future'), 400, 'invalid_request'],
    ['a stock that is not there', new UnknownStock('600000.SH'), 404, 'unknown_symbol'],
    ['prices that cannot be adjusted', new NoAdjustment('no factor'), 422, 'no_adjustment'],
    ['the jobs of one key', new JobQuotaExceeded('key', 'too many'), 429, 'too_many_jobs'],
    ['the jobs of all', new JobQuotaExceeded('all', 'too many'), 503, 'too_many_jobs'],
    ['the questions of one key', new TooManyQueries('too many'), 429, 'too_many_queries'],
    ['keys that nobody knows', new TooManyLookUps('too many'), 503, 'overloaded'],
    ['a database that is away', new DatabaseAway(), 503, 'database_unavailable'],
    ['what is a problem already', new Problem(409, 'job_finished', 'it is done'), 409, 'job_finished'],
  ] as const)('is told where it is about %s', (_what, error, status, code) => {
    expect(knownProblem(error)).toMatchObject({ status, code });
  });

  test('is unknown where nobody foresaw the error', () => {
    expect(knownProblem(new TypeError('x is undefined'))).toBeUndefined();
  });
});
