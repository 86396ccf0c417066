import type { Construct } from 'constructs';
import type {
  Exposure,
  GatewayExposure,
  IngressExposure,
  LoadBalancerExposure,
} from '../../config/components/exposure';
import { CustomObject } from '../workload/custom-object';
import { Environment } from '../workload/environment';
import { Ingress } from '../workload/ingress';
import { LoadBalancer } from '../workload/load-balancer';
import type { Peer, Pods } from '../workload/peer';
import type { Workload } from '../workload/workload';
import { gatewayApi, routeTo, routeToTls } from './http-routes';
import { type DirectPorts, inside, publicHttp, publicHttps } from './ports';

export interface Exposed {
  readonly workload: Workload;
  readonly exposure: Exposure;
  /** Those of its ports that clients outside reach without anybody between who speaks HTTP. */
  readonly directPorts: DirectPorts;
  readonly hosts: readonly string[];
  /** Addresses (CIDR) of what stands before it. */
  readonly trustedProxies: readonly string[];
  /** Port on 127.0.0.1 of the machine, on Docker. @default - any free one */
  readonly localPort?: number | undefined;
}

/** Lets in those who are to reach a gateway, and nobody else, and makes what leads them there. */
export function expose(scope: Construct, exposed: Exposed): void {
  const { workload, exposure, directPorts, localPort } = exposed;
  const { connections } = Environment.of(scope);
  switch (exposure.type) {
    case 'internal':
      connections.expose(workload, inside, { localPort });
      return;
    case 'published': {
      const { addresses, httpPort, httpsPort } = exposure;
      connections.expose(workload, inside, { localPort });
      connections.expose(workload, publicHttp, { localPort: httpPort, addresses });
      connections.expose(workload, publicHttps, { localPort: httpsPort, addresses });
      return;
    }
    case 'loadBalancer':
      for (const port of Object.keys(directPorts))
        connections.expose(workload, port, { sources: comingFrom(exposed, exposure) });
      addLoadBalancer(scope, exposed, exposure);
      return;
    case 'ingress':
      admit(scope, exposed, 'ingress', exposure.controller);
      addIngress(scope, exposed, exposure);
      return;
    case 'gateway':
      admit(scope, exposed, 'gateway-api', exposure.controller);
      addRoutes(scope, exposed, exposure);
  }
}

/** A connection comes from the client itself, or from what stands before. */
const comingFrom = ({ trustedProxies }: Exposed, { sourceRanges }: LoadBalancerExposure): readonly string[] =>
  trustedProxies.length > 0 ? trustedProxies : sourceRanges;

/** Lets in whoever passes requests on: the pods of a controller, or where they have the network of their nodes its addresses. */
function admit(scope: Construct, exposed: Exposed, name: string, controller: Pods | undefined): void {
  const { workload, trustedProxies } = exposed;
  const { connections } = Environment.of(scope);
  if (controller) connections.admit(controllerPeer(name, controller), workload, inside);
  else connections.expose(workload, inside, { sources: trustedProxies });
}

function controllerPeer(name: string, pods: Pods): Peer {
  const refuse = (): never => {
    throw new Error(`nothing is asked of a controller that somebody else runs, "${name}"`);
  };
  return { component: name, name, pods, port: refuse, protocol: refuse };
}

function addLoadBalancer(scope: Construct, { workload, directPorts }: Exposed, exposure: LoadBalancerExposure): void {
  new LoadBalancer(scope, 'load-balancer', {
    ...exposure,
    workload,
    ports: Object.hasOwn(directPorts, publicHttps) ? { 80: publicHttp, 443: publicHttps } : { 80: publicHttp },
  });
}

function addIngress(scope: Construct, { workload, hosts }: Exposed, exposure: IngressExposure): void {
  const { tls, annotations } = exposure;
  const issuer = tls?.by === 'issuer' ? { [annotationOf[tls.kind]]: tls.name } : {};
  new Ingress(scope, 'ingress', {
    workload,
    port: inside,
    hosts,
    class: exposure.class,
    annotations: { ...annotations, ...issuer },
    tls: tls && { secretName: secretNameOf(tls, workload) },
  });
}

/** @see https://cert-manager.io/docs/usage/ingress/ */
const annotationOf = { ClusterIssuer: 'cert-manager.io/cluster-issuer', Issuer: 'cert-manager.io/issuer' };

function secretNameOf(tls: NonNullable<IngressExposure['tls']>, { name }: Workload): string | undefined {
  if (tls.by === 'issuer') return `${name}-certificate`;
  return tls.by === 'secret' ? tls.name : undefined;
}

function addRoutes(scope: Construct, { workload, hosts }: Exposed, { parent, annotations }: GatewayExposure): void {
  const service = { name: workload.name, port: workload.port(inside) };
  const { component } = workload;
  new CustomObject(scope, 'route', { ...gatewayApi, component, annotations, body: routeTo(parent, hosts, service) });
  if (!parent.redirectListener) return;
  new CustomObject(scope, 'route-to-tls', {
    ...gatewayApi,
    component,
    annotations,
    suffix: 'to-tls',
    body: routeToTls(parent, hosts),
  });
}
