import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { Environment } from '../../../constructs/workload/environment';
import { Workload } from '../../../constructs/workload/workload';
import { emptyStack, environmentOf, ProductStack, rendered, service, targets } from '../../product';
import { synthesized } from '../../synthesized';

test('an address is the name of the component, wherever in the tree it stands', () => {
  const at = (path: string[]) =>
    rendered('kubernetes', (stack) => {
      const scope = path.reduce<Construct>((parent, id) => new Construct(parent, id), stack);
      new Workload(scope, 'workload', service());
    }).addresses;
  expect(at([])).toContain('kubernetes_deployment_v1.web');
  expect(at(['a', 'b'])).toEqual(at([]));
});

test('an address that is used twice is refused with both places', () => {
  const add = (scope: Construct) =>
    new TerraformResource(scope, 'kubernetes_secret_v1.same', { terraformResourceType: 'kubernetes_secret_v1' });
  expect(() =>
    rendered('kubernetes', (stack) => {
      add(new Construct(stack, 'one'));
      add(new Construct(stack, 'two'));
    }),
  ).toThrow(
    'address "kubernetes_secret_v1.same" is used twice: dev-application/one/kubernetes_secret_v1.same, dev-application/two/kubernetes_secret_v1.same',
  );
});

test('the same name of two types is two addresses', () => {
  const add = (scope: Construct, type: string) =>
    new TerraformResource(scope, `${type}.same`, { terraformResourceType: type });
  const { addresses } = rendered('kubernetes', (stack) => {
    add(stack, 'kubernetes_secret_v1');
    add(stack, 'kubernetes_config_map_v1');
  });
  expect(addresses).toEqual(expect.arrayContaining(['kubernetes_config_map_v1.same', 'kubernetes_secret_v1.same']));
});

test('a stack is named after its environment and its unit', () => {
  expect(emptyStack('docker').node.id).toBe('local-application');
  expect(emptyStack('kubernetes').node.id).toBe('dev-application');
});

test.each(targets)('a stack on %s is rendered once, however often it is prepared', (target) => {
  const prepareTwice = synthesized((app) => {
    const stack = new ProductStack(new Environment(app, environmentOf(target)));
    new Workload(stack, 'workload', service());
    stack.prepareStack();
  });
  const once = rendered(target, (stack) => new Workload(stack, 'workload', service()));
  expect([...prepareTwice.values()].map(({ text }) => text)).toEqual([once.text]);
});

test.each(targets)('on %s, what connects later counts as well: nothing is rendered before all is known', (target) => {
  const late = rendered(target, (stack) => {
    const server = new Workload(stack, 'server', service({ component: 'server', ports: { http: 80 } }));
    const client = new Workload(stack, 'client', service({ component: 'client' }));
    stack.environment.connections.allow(client, server, 'http', { environment: { SERVER_URL: 'http://server' } });
  });
  expect(late.text).toContain('SERVER_URL');
});
