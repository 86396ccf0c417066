import { whyNotTo } from '../../../ops/src/deploy/release';
import type { Release } from '../../../ops/src/ledger/deployments';
import { openPlace } from '../../../ops/src/place/open-place';
import { whyNotHere } from '../../../ops/src/rotate/configured';
import { rotatedSecret } from '../../../ops/src/rotate/rotated-secrets';
import { stackOf } from '../checks/described';
import { FakePrograms } from '../checks/fake-programs';

const release: Release = {
  id: '20261126-100000-000-aaaa',
  at: '2026-11-26T10:00:00.000Z',
  planHash: 'a',
  image: 'app:1',
  version: '0.1.0',
  migrations: [],
  stack: '',
};

const rotation = (secret: string, startedAt: string) => ({
  ...{ id: 'b', environment: 'dev', kind: 'rotate' as const, owner: 'ops', host: 'h', planHash: 'a', image: 'app:1' },
  ...{ state: 'good' as const, startedAt, rotation: { secret, from: 1, to: 2, raised: 2, applied: {}, proofs: [] } },
});

test.each([
  ['api.secretKey', '2026-11-26T11:00:00.000Z', 'knows only the secret keys of before 2026-11-26T11:00:00.000Z'],
  ['api.secretKey', '2026-11-26T09:00:00.000Z', undefined],
  ['postgres.app', '2026-11-26T11:00:00.000Z', undefined],
])('after a rotation of %s at %s it is told whether one can go back to a release of 10:00', (secret, at, why) => {
  const found = whyNotTo(release, { applied: [], deployments: [rotation(secret, at)] });
  if (why) expect(found).toContain(why);
  else expect(found).toBeUndefined();
});

test.each([
  ['gateway.login', { webInterfaces: {}, grafana: {} }, undefined],
  ['grafana.admin', { webInterfaces: {} }, 'no web interface with this login'],
  ['gateway.login', undefined, 'no web interface with this login'],
])('%s can be made anew where it is shown: %j', (name, observability, why) => {
  const found = whyNotHere({ observability }, rotatedSecret(name));
  if (why) expect(found).toContain(why);
  else expect(found).toBeUndefined();
});

describe('in a cluster', () => {
  const programs = new FakePrograms(['kubectl']);
  afterAll(() => programs.stop());

  const secret = (name: string) => ({ metadata: { name: `stock-${name}`, namespace: 'stock' } });
  const resources = { kubernetes_secret_v1: { a: secret('a'), 'a-second': secret('a-second') } };
  const pod = (name: string, phase: string, secrets: string[], rest = {}) => ({
    metadata: { name, ...rest },
    spec: { volumes: [{ projected: { sources: secrets.map((each) => ({ secret: { name: `stock-${each}` } })) } }, {}] },
    status: { phase },
  });

  test('what runs with the former secret is what has it alone, and what is on its way out', async () => {
    const items = [
      pod('server', 'Running', ['a', 'a-second']),
      pod('new', 'Running', ['a-second']),
      pod('old', 'Running', ['a']),
      pod('leaving', 'Running', ['a', 'a-second'], { deletionTimestamp: '2026-11-26T11:00:00Z' }),
      pod('ended', 'Succeeded', ['a']),
      pod('other', 'Running', [], { deletionTimestamp: '2026-11-26T11:00:00Z' }),
    ];
    programs.answer('kubectl get pods -n stock -o json', { output: { items } });
    const stacks = [stackOf('application', resources)];
    const place = openPlace({ root: '/checkout', environment: 'trial', stacks, kubeconfig: undefined });
    expect(await place.runningWith('a', 'a-second')).toEqual(['old', 'leaving']);
  });
});
