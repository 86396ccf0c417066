import { databaseProblem } from '../../src/api/database-problem';
import { DatabaseAway } from '../../src/database/pulse';

describe('a failure of the database that passes', () => {
  const error = (code: string | undefined, message = 'failed') => Object.assign(new Error(message), { code });

  test.each([
    ['28P01', 'a wrong password'],
    ['28000', 'a role that may not connect'],
    ['25006', 'a server that only reads'],
    ['53300', 'too many connections'],
    ['53100', 'a full disk'],
    ['57P01', 'a shutdown'],
    ['57P03', 'a start'],
    ['08006', 'a lost connection'],
    ['58030', 'an error of its disk'],
    ['ECONNREFUSED', 'a closed port'],
    ['EHOSTUNREACH', 'no way to its host'],
    ['EPIPE', 'a cut connection'],
  ])('with the code %s is a 503: %s', (code) => {
    expect(databaseProblem(error(code))).toMatchObject({ status: 503, code: 'database_unavailable' });
  });

  test.each([
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('without a code is a 503 by its text: %s', (message) => {
    expect(databaseProblem(error(undefined, message))).toMatchObject({ status: 503, code: 'database_unavailable' });
  });

  test('that was noticed before it was asked is one too', () => {
    expect(databaseProblem(new DatabaseAway())).toMatchObject({ status: 503, code: 'database_unavailable' });
  });

  test.each(['57014', '55P03', '40P01', '40001'])('with the code %s says that the database is busy', (code) => {
    expect(databaseProblem(error(code))).toMatchObject({
      status: 503,
      code: 'database_busy',
      detail: expect.stringContaining('ask for less'),
    });
  });

  test.each(['42P01', '42501', '22P02', '23505', undefined])('is not what has the code %s', (code) => {
    expect(databaseProblem(error(code))).toBeUndefined();
  });
});
