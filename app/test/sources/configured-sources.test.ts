import { readEnvironment } from '../../src/runtime/env';
import { configuredSources } from '../../src/sources/configured-sources';

const namesWith = (variables: Record<string, string>) => {
  const needed = { DATABASE_URL: 'postgresql://stock@localhost/stock', DATABASE_PASSWORD: 'x' };
  const environment = readEnvironment('doctor', { ...needed, QUEUE_URL: 'redis://localhost/0', ...variables });
  return configuredSources(environment)
    .map(({ name }) => name)
    .sort();
};

describe('the configured sources', () => {
  test.each([
    [{}, ['sample']],
    [{ TUSHARE_API_KEY: 'token' }, ['sample', 'tushare']],
    [{ AKTOOLS_URL: 'http://aktools:8080' }, ['akshare', 'sample']],
    [{ WIND_URL: 'http://wind:5000' }, ['sample', 'wind']],
    [{ AKSHARE_API_KEY: 'token', WIND_API_KEY: 'token' }, ['sample']],
  ])('with %j are %j', (variables, names) => {
    expect(namesWith(variables)).toEqual(names);
  });
});
