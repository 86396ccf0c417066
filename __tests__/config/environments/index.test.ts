import fc from 'fast-check';
import { ConfigurationError } from '../../../config/configuration-error';
import { environmentNames } from '../../../config/environment';
import { environmentByName, environments } from '../../../config/environments';

test.each(environmentNames)('%s is found by its name', (name) => {
  expect(environmentByName(name)).toBe(environments[name]);
  expect(environmentByName(name).name).toBe(name);
});

test('an unknown name is refused with the names there are', () => {
  expect(() => environmentByName('prod')).toThrow(
    new ConfigurationError('unknown environment "prod", allowed: local, dev, staging, production'),
  );
});

test('nothing defaults: every other text is refused, however close it comes', () => {
  const near = fc.constantFrom('', ' ', 'Production', 'production ', 'default', '__proto__', 'constructor', 'toString');
  const other = fc.oneof(near, fc.string()).filter((name) => !(environmentNames as readonly string[]).includes(name));
  fc.assert(fc.property(other, (name) => expect(() => environmentByName(name)).toThrow(ConfigurationError)));
});

test('staging and production keep at least two of everything that can be doubled, dev and local run one', () => {
  const replicas = (name: keyof typeof environments) =>
    (['api', 'worker', 'gateway'] as const).map((component) => {
      const { scale } = environments[name][component];
      return 'replicas' in scale ? scale.replicas : scale.minReplicas;
    });
  expect(Object.fromEntries(environmentNames.map((name) => [name, replicas(name)]))).toEqual({
    local: [1, 1, 1],
    dev: [1, 1, 1],
    staging: [2, 2, 2],
    production: [3, 3, 3],
  });
});

test('only local may be destroyed as it stands', () => {
  expect(environmentNames.filter((name) => !environments[name].deletionProtection)).toEqual(['local']);
});

test('a cluster other than dev is named, so that no other is changed by accident', () => {
  expect(environments.staging.kubernetesContext).toBe('stock-analysis-staging');
  expect(environments.production.kubernetesContext).toBe('stock-analysis-production');
});
