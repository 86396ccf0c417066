import dev from '../../config/environments/dev';
import staging from '../../config/environments/staging';
import { changed } from './changed';
import { problems } from './problems';

const postgres = { topology: 'existing', host: 'db.example.com', port: 5432, database: 'stock' };

test.each<[what: string, values: Readonly<Record<string, unknown>>, lines: RegExp[]]>([
  [
    'a namespace of others that somebody is to delete',
    { cluster: { existingNamespace: true }, deletionProtection: false, lifetimeHours: 48 },
    [/^lifetimeHours: got 48, allowed: nothing where cluster\.existingNamespace is true/],
  ],
  [
    'kubelets without a right of the whole cluster, and without agents',
    { cluster: { existingNamespace: true, nodeAgents: false }, 'observability.kubelets': { signedBy: 'cluster' } },
    [
      /^observability\.kubelets: got .+ allowed: nothing where cluster\.existingNamespace is true/,
      /^observability\.kubelets: got .+ allowed: nothing where cluster\.nodeAgents is false/,
    ],
  ],
  [
    'a PostgreSQL of ours as nobody that has a name',
    { cluster: { podUsers: 'assigned' } },
    [/^postgres\.topology: got "bundled", allowed: "existing" where cluster\.podUsers is "assigned"/],
  ],
  [
    'the metadata of a cloud as a network outside',
    { cluster: { egress: { outside: ['10.0.0.0/8', '169.254.169.254/32'], clusterApi: ['fe80::/64'] } } },
    [
      /^cluster\.egress\.outside: got "169\.254\.169\.254\/32", allowed: networks that are not of the metadata/,
      /^cluster\.egress\.clusterApi: got "fe80::\/64"/,
    ],
  ],
  [
    'a proxy with a password, and an exception that is a URL',
    { proxy: { https: 'http://me:secret@proxy.example.com:3128', exceptions: ['https://a.example'] } },
    [
      /^proxy\.https: got .+ allowed: a URL without user/,
      /^proxy\.exceptions\.0: got "https:\/\/a\.example", allowed: a host, \.domain, address or network/,
    ],
  ],
  [
    'a name server that has no address',
    { cluster: { dns: { addresses: ['dns.example.com'] } } },
    [/^cluster\.dns\.addresses\.0: got "dns\.example\.com", allowed: an address of IPv4 or IPv6/],
  ],
])('%s: refused', (_, values, lines) => {
  expect(problems(changed(dev, { 'observability.kubelets': undefined, ...values }))).toEqual(
    lines.map((line) => expect.stringMatching(line)),
  );
});

test('logs that nobody reads on the nodes: refused', () => {
  expect(problems(changed(staging, { 'observability.kubelets': undefined, cluster: { nodeAgents: false } }))).toEqual([
    expect.stringMatching(/^cluster\.nodeAgents: got false, allowed: true where there is logging/),
  ]);
});

test('an assigned user with a database of others, and a proxy with exceptions, are accepted', () => {
  const values = {
    cluster: { existingNamespace: true, nodeAgents: false, podUsers: 'assigned', egress: { outside: ['10.0.0.0/8'] } },
    proxy: { http: 'http://proxy.example.com:3128', exceptions: ['.example.com', '10.0.0.0/8'] },
    postgres,
    backup: undefined,
  };
  expect(problems(changed(dev, { 'observability.kubelets': undefined, ...values }))).toEqual([]);
});
