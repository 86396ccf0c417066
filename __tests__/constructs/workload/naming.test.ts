import fc from 'fast-check';
import { clusterName, resourceName, systemName } from '../../../constructs/workload/naming';

const cluster = { target: 'kubernetes', namespace: 'team-b' } as const;
const engine = { target: 'docker', namespace: 'team-b' } as const;

const dnsLabel = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

test('a name is the system, then the component, readable and without a hash', () => {
  expect(resourceName(cluster, 'api')).toBe('stock-analysis-api');
  expect(resourceName(cluster, 'api', 'config')).toBe('stock-analysis-api-config');
});

test('every name is a DNS label of at most 52 characters that ends in its parts, or is refused', () => {
  const part = fc.oneof(fc.stringMatching(/^[a-z0-9-]{0,70}$/), fc.string());
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      const whole = [systemName, ...parts].join('-');
      if (dnsLabel.test(whole)) expect(resourceName(cluster, ...parts)).toBe(whole);
      else expect(() => resourceName(cluster, ...parts)).toThrow(/^name "/);
    }),
    { numRuns: 500 },
  );
});

test('a name that is too long is refused with its length, never shortened', () => {
  const longest = 'a'.repeat(52 - systemName.length - 1);
  expect(resourceName(cluster, longest)).toHaveLength(52);
  expect(() => resourceName(cluster, `${longest}b`)).toThrow(
    `of component "${longest}b": allowed are lower-case letters, digits and "-", starting with a letter, at most 52 characters (this one has 53)`,
  );
});

test.each(['', 'API', 'a_b', 'a.b', 'a-', 'ä', 'a\n'])('the part %j makes no name', (part) => {
  expect(() => resourceName(cluster, part)).toThrow('allowed are lower-case letters');
});

test('on an engine, which has no namespaces, the namespace is the beginning of the name', () => {
  expect(resourceName(engine, 'api')).toBe('team-b-api');
});

test('outside every namespace a name is that of its environment', () => {
  expect(clusterName({ name: 'staging' }, 'watcher')).toBe('stock-analysis-staging-watcher');
});
