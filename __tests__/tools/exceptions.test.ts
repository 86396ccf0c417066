import { environments } from '../../config/environments';
import { estates } from '../../examples/estates/environments';
import { exceptions } from '../../tools/gates/decided';
import { judged } from '../../tools/gates/exceptions';
import type { Finding } from '../../tools/gates/finding';

const found = (rule: string, component: string, environment = 'staging'): Finding => ({
  rule,
  environment,
  component,
  object: `Deployment/stock-analysis-${component}`,
  text: 'it is said why',
});
const tiers = new Map([
  ['dev', 'development'],
  ['staging', 'staging'],
] as const);
const reason = 'it is known why';

test('what an exception names is decided, and nothing else of its rule', () => {
  const findings = [found('A', 'api'), found('A', 'worker'), found('B', 'api')];
  const { open, idle } = judged(findings, [{ rules: ['A'], components: ['api'], reason }], tiers);
  expect(open).toEqual([found('A', 'worker'), found('B', 'api')]);
  expect(idle).toEqual([]);
});

test('an exception is of one tier or of one environment where it says so', () => {
  const findings = [found('A', 'api', 'dev'), found('A', 'api', 'staging')];
  expect(judged(findings, [{ rules: ['A'], tier: 'development', reason }], tiers).open).toEqual([findings[1]]);
  expect(judged(findings, [{ rules: ['A'], environment: 'staging', reason }], tiers).open).toEqual([findings[0]]);
});

test('an exception that covers nothing any more is named, whole or by the component that no longer needs it', () => {
  const both = { rules: ['A', 'B'], components: ['api', 'worker'], reason };
  const findings = [found('A', 'api'), found('A', 'worker'), found('B', 'api')];
  expect(judged(findings, [both], tiers).idle).toEqual(['B of worker']);
  expect(judged([], [{ rules: ['A'], reason }], tiers).idle).toEqual(['A']);
});

test('every decision says why, and one for an environment names one that there is', () => {
  const known = [...environments, ...estates].map(({ name }) => name);
  for (const { reason: why, environment } of exceptions) {
    expect(why.length).toBeGreaterThan(20);
    expect([undefined, ...known]).toContain(environment);
  }
});
