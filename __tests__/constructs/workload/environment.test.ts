import { Construct } from 'constructs';
import { Environment } from '../../../constructs/workload/environment';
import { Workload } from '../../../constructs/workload/workload';
import { emptyStack, environmentOf, service } from '../../product';

test('a construct finds the environment it stands in, however deep', () => {
  const stack = emptyStack('docker');
  const { environment } = stack;
  const deep = new Construct(new Construct(stack, 'outer'), 'inner');
  expect(Environment.of(deep)).toBe(environment);
  expect(Environment.of(stack)).toBe(environment);
});

test('a construct outside of every environment is told so', () => {
  const stray = new Construct(emptyStack('docker').node.root, 'stray');
  expect(() => Environment.of(stray)).toThrow('construct "stray" is in no Environment');
});

test('two environments in one app know nothing of each other', () => {
  const stack = emptyStack('docker');
  const other = new Environment(stack.node.root, environmentOf('kubernetes'));
  const workload = new Workload(stack, 'web', service());
  expect([stack.environment.all(Workload), other.all(Workload)]).toEqual([[workload], []]);
});

test('a component exists once in an environment, because its host name is made of it', () => {
  const stack = emptyStack('docker');
  new Workload(stack, 'first', service({ component: 'web' }));
  expect(() => new Workload(stack, 'second', service({ component: 'web' }))).toThrow(
    'component "web" exists twice: local-application/first, local-application/second',
  );
});
