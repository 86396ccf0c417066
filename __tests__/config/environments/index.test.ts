import fc from 'fast-check';
import { ConfigurationError } from '../../../config/configuration-error';
import { environmentByName, environmentNames, environments } from '../../../config/environments';

test.each(environmentNames)('%s is found by its name', (name) => {
  expect(environmentByName(name).name).toBe(name);
});

test('an unknown name is refused with the names there are', () => {
  expect(() => environmentByName('prod')).toThrow(
    new ConfigurationError(`there is no environment 'prod'; allowed: ${environmentNames.join(', ')}`),
  );
});

test('nothing defaults: every other text is refused, however close it comes', () => {
  const near = fc.constantFrom('', ' ', 'Production', 'production ', 'default', '__proto__', 'constructor', 'toString');
  const other = fc.oneof(near, fc.string()).filter((name) => !environmentNames.includes(name));
  fc.assert(fc.property(other, (name) => expect(() => environmentByName(name)).toThrow(ConfigurationError)));
});

test('staging and production keep at least two of everything that can be doubled', () => {
  const doubled = environments
    .filter(({ tier }) => tier !== 'development')
    .flatMap(({ api, worker, gateway }) => [api, worker, gateway])
    .map(({ scale }) => ('replicas' in scale ? scale.replicas : scale.minReplicas));
  expect(Math.min(...doubled)).toBeGreaterThanOrEqual(2);
});

test('only what is development may be destroyed as it stands', () => {
  const unprotected = environments.filter(({ deletionProtection }) => !deletionProtection);
  expect(new Set(unprotected.map(({ tier }) => tier))).toEqual(new Set(['development']));
});

test('a cluster that is not for development is named, so that no other is changed by accident', () => {
  const unnamed = environments.filter(({ kubernetesContext }) => !kubernetesContext);
  expect(new Set(unnamed.map(({ tier }) => tier))).toEqual(new Set(['development']));
});
