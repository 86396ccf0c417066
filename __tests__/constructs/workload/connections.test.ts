import { outside } from '../../../constructs/workload/connections';
import { Secret } from '../../../constructs/workload/secret';
import { Workload } from '../../../constructs/workload/workload';
import { emptyStack, service, stateful } from '../../product';

function stackWith() {
  const stack = emptyStack('kubernetes');
  const add = (component: string, ports: Record<string, number> = {}) =>
    new Workload(stack, component, service({ component, ports }));
  return { stack, connections: stack.environment.connections, add };
}

test('edges are one sorted list that reads as sentences, whatever order they were made in', () => {
  const { connections, add } = stackWith();
  const [web, cli, api] = [add('web'), add('cli'), add('api', { http: 8000, admin: 900 })];
  connections.expose(api, 'http');
  connections.allow(web, api, 'http');
  connections.allow(cli, api, 'admin');
  connections.allow(cli, api, 'http');
  expect(connections.describe()).toEqual([
    'cli -> api:8000',
    'cli -> api:900',
    'outside -> api:8000',
    'web -> api:8000',
  ]);
  expect(connections.edges.map(({ port }) => port)).toEqual(['http', 'admin', 'http', 'http']);
});

test('the same edge twice is one edge', () => {
  const { connections, add } = stackWith();
  const [web, api] = [add('web'), add('api', { http: 8000 })];
  connections.allow(web, api, 'http');
  connections.allow(web, api, 'http');
  expect(connections.describe()).toEqual(['web -> api:8000']);
});

test('edges are found from either end', () => {
  const { connections, add } = stackWith();
  const [web, api] = [add('web'), add('api', { http: 8000 })];
  connections.allow(web, api, 'http');
  connections.expose(api, 'http', { localPort: 8080 });
  expect(connections.into(api)).toEqual([
    { from: outside, to: api, port: 'http', localPort: 8080 },
    { from: web, to: api, port: 'http' },
  ]);
  expect(connections.outOf(web)).toEqual([{ from: web, to: api, port: 'http' }]);
  expect([connections.into(web), connections.outOf(api)]).toEqual([[], []]);
});

test('a host outside is reached by the port of its URL, and listed after our own', () => {
  const { connections, add } = stackWith();
  const [web, api] = [add('web'), add('api', { http: 8000 })];
  connections.allow(web, api, 'http');
  connections.reach(web, 'https://data.example/path');
  connections.reach(web, 'http://data.example');
  connections.reach(web, 'http://data.example:5000');
  expect(connections.describe()).toEqual([
    'web -> api:8000',
    'web -> outside data.example:443',
    'web -> outside data.example:5000',
    'web -> outside data.example:80',
  ]);
  const outsiders = connections.outOf(web).filter(({ to }) => !to.pods);
  expect(outsiders.map(({ to, port }) => to.port(port))).toEqual([443, 5000, 80]);
});

test('a port the server does not have is refused with those it has, and makes no edge', () => {
  const { connections, add } = stackWith();
  const [web, api, mute] = [add('web'), add('api', { http: 8000, metrics: 9000 }), add('mute')];
  expect(() => connections.allow(web, api, 'https')).toThrow(
    'workload "api" has no port "https", its ports: http, metrics',
  );
  expect(() => connections.expose(mute, 'http')).toThrow('workload "mute" has no port "http", its ports: none');
  expect(connections.edges).toEqual([]);
});

test('a grant gives the client its environment and files, and the server nothing', () => {
  const { stack, connections, add } = stackWith();
  const [web, api] = [add('web'), add('api', { http: 8000 })];
  const secret = new Secret(stack, 'secret', { component: 'api', keys: { token: '{password}' } });
  connections.allow(web, api, 'http', {
    environment: { API_URL: 'http://api:8000' },
    files: { 'api-token': secret.file('token') },
  });
  expect(web.environment).toEqual({ API_URL: 'http://api:8000' });
  expect(web.files).toEqual({ 'api-token': { secret, key: 'token' } });
  expect([api.environment, api.files]).toEqual([{}, {}]);
});

test('two grants that say the same are one, two that differ are refused with both values', () => {
  const { connections, add } = stackWith();
  const [web, api] = [add('web'), add('api', { http: 8000 })];
  connections.allow(web, api, 'http', { environment: { API_URL: 'one' } });
  connections.allow(web, api, 'http', { environment: { API_URL: 'one' } });
  expect(() => connections.allow(web, api, 'http', { environment: { API_URL: 'two' } })).toThrow(
    'workload "web": environment "API_URL" is already "one", not "two"',
  );
});

test('a grant does not replace what a workload says itself', () => {
  const { stack, connections } = stackWith();
  const web = new Workload(stack, 'web', service({ environment: { MODE: 'own' } }));
  const store = new Workload(stack, 'store', stateful({ ports: { store: 5000 } }));
  expect(() => connections.allow(web, store, 'store', { environment: { MODE: 'other' } })).toThrow(
    'workload "web": environment "MODE" is already "own", not "other"',
  );
});

test('a grant does not replace a file of another', () => {
  const { connections, add } = stackWith();
  const [web, api, store] = [add('web'), add('api', { http: 8000 }), add('store', { store: 5000 })];
  connections.allow(web, api, 'http', { files: { ca: { content: 'of api' } } });
  connections.allow(web, api, 'http', { files: { ca: { content: 'of api' } } });
  expect(() => connections.allow(web, store, 'store', { files: { ca: { content: 'of store' } } })).toThrow(
    /"web".*"ca"/,
  );
});
