import { given, Secret } from '../../../constructs/workload/secret';
import { emptyStack } from '../../product';

const stack = () => emptyStack('kubernetes');
const keys = { password: '{password}', 'users.acl': 'user a on >{password}\nuser b on >{password}\n' };

test('a secret is named after its component', () => {
  const secret = new Secret(stack(), 'secret', { component: 'queue', keys });
  expect(secret.name).toBe('stock-analysis-queue');
});

test('every form of a secret is made of the same password, wherever it stands', () => {
  const secret = new Secret(stack(), 'secret', { component: 'queue', keys });
  expect(secret.contents('p$&w', () => '')).toEqual({
    password: 'p$&w',
    'users.acl': 'user a on >p$&w\nuser b on >p$&w\n',
  });
});

test('a key that people give is asked for by its name, and is none of the password', () => {
  const secret = new Secret(stack(), 'secret', { component: 'worker', keys: { token: given } });
  expect(secret.givenKeys).toEqual(['token']);
  expect(secret.contents('word', (key) => `the ${key}`)).toEqual({ token: 'the token' });
  expect(secret.variableName('token')).toBe('worker_token');
});

test('a key that people give stands alone, or a raised revision would write the others again', () => {
  const both = { token: given, password: '{password}' } as const;
  expect(() => new Secret(stack(), 'secret', { component: 'worker', keys: both })).toThrow(
    'secret "worker": token is given and stands beside others, allowed: a given key alone in its secret',
  );
});

test('two components that give a key of one name have two variables, and one variable for two is refused', () => {
  const scope = stack();
  const keys = { 'smtp-password': given } as const;
  const variables = ['api', 'worker'].map((component) =>
    new Secret(scope, component, { component, keys }).variableName('smtp-password'),
  );
  expect(variables).toEqual(['api_smtp_password', 'worker_smtp_password']);
  expect(() => new Secret(scope, 'other', { component: 'api-smtp', suffix: 'x', keys: { password: given } })).toThrow(
    'variable "api_smtp_password" exists twice',
  );
});

test('a secret begins with revision 1', () => {
  const secret = new Secret(stack(), 'secret', { component: 'queue', keys });
  expect(secret.revision).toBe(1);
});

test('one of its keys is a file of a workload', () => {
  const secret = new Secret(stack(), 'secret', { component: 'queue', keys });
  expect(secret.file('users.acl')).toEqual({ secret, key: 'users.acl' });
});

test('a key it does not have is refused with those it has', () => {
  const secret = new Secret(stack(), 'secret', { component: 'queue', keys });
  expect(() => secret.file('token')).toThrow(
    'secret "stock-analysis-queue" has no key "token", it has: password, users.acl',
  );
});

test('the environment knows every secret, to make their files', () => {
  const scope = stack();
  const secret = new Secret(scope, 'secret', { component: 'queue', keys });
  expect(scope.environment.all(Secret)).toEqual([secret]);
});

test('two secrets of one component are told apart by a suffix, and refused without: they would share one name and one folder', () => {
  const scope = stack();
  new Secret(scope, 'one', { component: 'queue', keys });
  expect(() => new Secret(scope, 'two', { component: 'queue', keys: { token: '{password}' } })).toThrow(
    'secret "queue" exists twice',
  );
  const other = new Secret(scope, 'three', { component: 'queue', suffix: 'probe', keys });
  expect(other.name).toBe('stock-analysis-queue-probe');
});
