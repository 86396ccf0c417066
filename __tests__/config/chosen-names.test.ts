import { chosenNames } from '../../config/chosen-names';
import { environmentNames } from '../../config/environments';

test('to look at, all environments, or those that are named', () => {
  expect(chosenNames(undefined, undefined)).toEqual(environmentNames);
  expect(chosenNames(undefined, 'dev,local')).toEqual(['dev', 'local']);
  expect(() => chosenNames(undefined, 'dev,dev')).toThrow('ENVIRONMENT names "dev" twice, allowed: each name once');
});

test.each(['deploy', 'destroy'])('to %s, one that is named, and never several side by side', (purpose) => {
  expect(chosenNames(purpose, 'production')).toEqual(['production']);
  const allowed = `allowed: one of ${environmentNames.join(', ')}; \`npm run deploy -- NAME\` says it by itself`;
  expect(() => chosenNames(purpose, undefined)).toThrow(`ENVIRONMENT is not set, ${allowed}`);
  expect(() => chosenNames(purpose, 'local,production')).toThrow(`ENVIRONMENT is "local,production", ${allowed}`);
});

test('nothing else is done with them', () => {
  expect(() => chosenNames('delete', 'dev')).toThrow(
    '"delete", allowed: deploy or destroy, or nothing to look at what is written',
  );
});
