import { hostFrom, outsidePeer, type Peer } from '../../../constructs/workload/peer';
import { Workload } from '../../../constructs/workload/workload';
import type { DockerNetwork } from '../../docker-objects';
import { dockerContainer } from '../../docker-objects';
import type { NetworkPolicy } from '../../kubernetes-objects';
import { type ProductStack, rendered, service } from '../../product';

/** Pods that an operator runs, in a namespace of its own. */
const operated: Peer = {
  component: 'store',
  name: 'store-rw',
  pods: { namespace: 'databases', labels: { cluster: 'store' } },
  port: () => 5432,
  protocol: () => 'TCP',
};
/** A server that exists, wherever it is. */
const managed: Peer = { component: 'store', name: 'db.example.com', port: () => 5432, protocol: () => 'TCP' };

const clientOf = (server: Peer) => (stack: ProductStack) => {
  const web = new Workload(stack, 'web', service({ ports: { http: 8000 } }));
  stack.environment.connections.allow(web, server, 'store');
};
const policyOf = (fill: (stack: ProductStack) => void) =>
  rendered('kubernetes', fill).resource<NetworkPolicy>('kubernetes_network_policy_v1', 'web').spec;

test('a client of pods in another namespace may go there and nowhere else', () => {
  expect(policyOf(clientOf(operated)).egress?.[0]).toEqual({
    to: [
      {
        namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'databases' } },
        pod_selector: { match_labels: { cluster: 'store' } },
      },
    ],
    ports: [{ port: '5432', protocol: 'TCP' }],
  });
});

test('a client of an address outside may go to its port, but not to the metadata service of a cloud', () => {
  expect(policyOf(clientOf(managed)).egress?.[0]).toEqual({
    to: [
      { ip_block: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16', '100.100.100.200/32'] } },
      {
        ip_block: {
          cidr: '::/0',
          except: ['fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128', 'fd00:c1::a9fe:a9fe/128'],
        },
      },
    ],
    ports: [{ port: '5432', protocol: 'TCP' }],
  });
});

test('what we do not run is let in from its own namespace', () => {
  const policy = policyOf((stack) => {
    const web = new Workload(stack, 'web', service({ ports: { http: 8000 } }));
    stack.environment.connections.admit(operated, web, 'http');
  });
  expect(policy.ingress).toEqual([
    {
      from: [
        {
          namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'databases' } },
          pod_selector: { match_labels: { cluster: 'store' } },
        },
      ],
      ports: [{ port: '8000', protocol: 'TCP' }],
    },
  ]);
});

test('on Docker a client of an address outside has the one network that leads out', () => {
  const stack = rendered('docker', clientOf(managed));
  const networks = dockerContainer(stack, 'web').networks_advanced?.map(({ name }) => name);
  expect(networks).toEqual(['stock-analysis-departure']);
  expect(Object.keys(stack.resources<DockerNetwork>('docker_network'))).toEqual(['departure']);
});

test('pods are called by their namespace from another one, and by their name alone from their own', () => {
  expect(hostFrom('databases', operated)).toBe('store-rw');
  expect(hostFrom('stock-analysis', operated)).toBe('store-rw.databases.svc');
  expect(hostFrom('stock-analysis', managed)).toBe('db.example.com');
});

test('a URL names a host and the port of its scheme where it has none', () => {
  const ports = ['https://a.example', 'http://a.example/path', 'http://a.example:5000'].map((url) =>
    outsidePeer(url).port('url'),
  );
  expect(ports).toEqual([443, 80, 5000]);
});
