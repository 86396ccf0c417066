/** A Gateway that somebody else runs. */
export interface ParentGateway {
  readonly name: string;
  readonly namespace: string;
  /** Its listener that ends TLS. @default - all of its listeners */
  readonly listener?: string | undefined;
  /** Its listener without TLS, whose clients are sent to TLS. @default - nobody is sent there */
  readonly redirectListener?: string | undefined;
}

export const gatewayApi = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' };

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#httproute */
export const routeTo = (
  parent: ParentGateway,
  hosts: readonly string[],
  service: { readonly name: string; readonly port: number },
) => ({
  spec: {
    parentRefs: [parentRef(parent, parent.listener)],
    hostnames: [...hosts],
    rules: [{ backendRefs: [{ name: service.name, port: service.port }] }],
  },
});

export const routeToTls = (parent: ParentGateway, hosts: readonly string[]) => ({
  spec: {
    parentRefs: [parentRef(parent, parent.redirectListener)],
    hostnames: [...hosts],
    rules: [
      { filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', port: 443, statusCode: 301 } }] },
    ],
  },
});

const parentRef = ({ name, namespace }: ParentGateway, sectionName: string | undefined) => ({
  name,
  namespace,
  ...(sectionName && { sectionName }),
});
