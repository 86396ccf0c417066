import { IngressV1 } from '@cdktf/provider-kubernetes/lib/ingress-v1';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { resourceId } from './address';
import { Environment } from './environment';
import type { Ingress } from './ingress';
import { selectorLabels, systemLabels } from './labels';
import { literal } from './literal';
import type { LoadBalancer } from './load-balancer';
import { marked } from './metadata';
import type { Workload } from './workload';

/** A Service beside the workload's own, with the ports for those outside alone. */
export function renderLoadBalancer(entrance: LoadBalancer): void {
  const { workload, ports, class: className, annotations, sourceRanges } = entrance.props;
  new ServiceV1(entrance, resourceId(workload, 'service', 'public'), {
    metadata: metadata(workload, `${workload.name}-public`, annotations),
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: className,
      loadBalancerSourceRanges: sourceRanges.length > 0 ? [...sourceRanges] : undefined,
      // Another node would put its own address in the place of the client's.
      externalTrafficPolicy: 'Local',
      // Both families where the cluster has both.
      ipFamilyPolicy: 'PreferDualStack',
      selector: workload.pods.labels,
      port: Object.entries(ports).map(([port, name]) => ({ name, port: Number(port), targetPort: name })),
    },
    // It may take its time, and an apply needs no address.
    waitForLoadBalancer: false,
  });
}

export function renderIngress(entrance: Ingress): void {
  const { workload, port, hosts, class: className, annotations, tls } = entrance.props;
  const backend = { service: { name: workload.name, port: { name: port } } };
  new IngressV1(entrance, resourceId(workload, 'ingress'), {
    metadata: metadata(workload, workload.name, annotations),
    spec: {
      ingressClassName: className,
      rule: hosts.map((host) => ({ host, http: { path: [{ path: '/', pathType: 'Prefix', backend }] } })),
      tls: tls && [{ hosts: [...hosts], secretName: tls.secretName }],
    },
  });
}

const metadata = (workload: Workload, name: string, annotations: Readonly<Record<string, string>>) =>
  marked(Environment.of(workload).config, {
    name,
    namespace: workload.pods.namespace,
    labels: { ...selectorLabels(workload.component, workload.name), ...systemLabels },
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, text]) => [key, literal(text)])),
  });
