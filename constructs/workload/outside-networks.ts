import { isIPv6 } from 'node:net';
import { isWithin, metadataAddresses } from '../../config/cidr';
import type { Place } from '../../config/place';

type Estate = Pick<Place, 'cluster'>;

/** A policy knows addresses, not host names: any may be a host outside. */
const anywhere = ['0.0.0.0/0', '::/0'];

/** Where hosts outside may be. */
export const outsideNetworks = ({ cluster }: Estate) => withoutMetadata(cluster?.egress?.outside);

/** The API of the cluster, which no selector selects: its Service's port, and the port behind it. */
export const clusterApi = ({ cluster }: Estate) => ({
  to: withoutMetadata(cluster?.egress?.clusterApi),
  ports: ['443', '6443'].map((port) => ({ port, protocol: 'TCP' })),
});

const withoutMetadata = (networks: readonly string[] = anywhere) =>
  networks.map((cidr) => {
    const except = metadataAddresses.filter((metadata) => isWithin(metadata, cidr));
    return { ipBlock: { cidr, except: except.length > 0 ? except : undefined } };
  });

/** Name look-ups: whoever may open a connection may also ask where it goes. */
export function dnsRules({ cluster }: Estate) {
  const { pods, port = 53, addresses = [] } = cluster?.dns ?? {};
  const { namespace = 'kube-system', labels = { 'k8s-app': 'kube-dns' } } = pods ?? {};
  const byPods = {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        podSelector: { matchLabels: { ...labels } },
      },
    ],
    ports: onPort(port),
  };
  const to = addresses.map((address) => ({ ipBlock: { cidr: `${address}/${isIPv6(address) ? 128 : 32}` } }));
  return [byPods, ...(to.length > 0 ? [{ to, ports: onPort(53) }] : [])];
}

const onPort = (port: number) => ['UDP', 'TCP'].map((protocol) => ({ port: `${port}`, protocol }));
