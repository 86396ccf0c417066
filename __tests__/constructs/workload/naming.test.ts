import fc from 'fast-check';
import { resourceName, systemName } from '../../../constructs/workload/naming';

const dnsLabel = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

test('a name is the system, then the component, readable and without a hash', () => {
  expect(resourceName('api')).toBe('stock-analysis-api');
  expect(resourceName('api', 'config')).toBe('stock-analysis-api-config');
});

test('every name is a DNS label of at most 52 characters that ends in its parts, or is refused', () => {
  const part = fc.oneof(fc.stringMatching(/^[a-z0-9-]{0,70}$/), fc.string());
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
      const whole = [systemName, ...parts].join('-');
      if (dnsLabel.test(whole)) expect(resourceName(...parts)).toBe(whole);
      else expect(() => resourceName(...parts)).toThrow(/^name "/);
    }),
    { numRuns: 500 },
  );
});

test('a name that is too long is refused with its length, never shortened', () => {
  const longest = 'a'.repeat(52 - systemName.length - 1);
  expect(resourceName(longest)).toHaveLength(52);
  expect(() => resourceName(`${longest}b`)).toThrow(
    `of component "${longest}b": allowed are lower-case letters, digits and "-", starting with a letter, at most 52 characters (this one has 53)`,
  );
});

test.each(['', 'API', 'a_b', 'a.b', 'a-', 'ä', 'a\n'])('the part %j makes no name', (part) => {
  expect(() => resourceName(part)).toThrow('allowed are lower-case letters');
});
