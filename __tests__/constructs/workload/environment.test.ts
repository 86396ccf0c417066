import { Testing } from 'cdktf';
import { Construct } from 'constructs';
import { Environment } from '../../../constructs/workload/environment';
import { Workload } from '../../../constructs/workload/workload';
import { environmentOf, ProductStack, service } from '../../product';

test('a construct finds the environment it stands in, however deep', () => {
  const environment = new Environment(Testing.app(), environmentOf('docker'));
  const stack = new ProductStack(environment);
  const deep = new Construct(new Construct(stack, 'outer'), 'inner');
  expect(Environment.of(deep)).toBe(environment);
  expect(Environment.of(environment)).toBe(environment);
});

test('a construct outside of every environment is told so', () => {
  const stray = new Construct(Testing.app(), 'stray');
  expect(() => Environment.of(stray)).toThrow('construct "stray" is in no Environment');
});

test('two environments in one app know nothing of each other', () => {
  const app = Testing.app();
  const [one, two] = (['docker', 'kubernetes'] as const).map((target) => new Environment(app, environmentOf(target)));
  const workload = new Workload(new ProductStack(one as Environment), 'web', service());
  expect([one?.workloads, two?.workloads]).toEqual([[workload], []]);
});

test('a component exists once in an environment, because its host name is made of it', () => {
  const stack = new ProductStack(new Environment(Testing.app(), environmentOf('docker')));
  new Workload(stack, 'first', service({ component: 'web' }));
  expect(() => new Workload(stack, 'second', service({ component: 'web' }))).toThrow(
    'component "web" exists twice in local: local/local-application/first, local/local-application/second',
  );
});
