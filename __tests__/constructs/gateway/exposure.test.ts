import type { Exposure, LoadBalancerExposure, PublishedExposure } from '../../../config/components/exposure';
import { BlackboxExporter } from '../../../constructs/exporters/blackbox-exporter';
import { Gateway } from '../../../constructs/gateway/gateway';
import { dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { chartObjects, type Metadata, type NetworkPolicy, podOf } from '../../kubernetes-objects';
import { rendered, type TargetName } from '../../product';
import type { SynthesizedStack } from '../../synthesized';

const trustedProxies = ['10.244.0.0/16', 'fd00:10:244::/56'];
const exposed = (exposure: Exposure, target: TargetName = 'kubernetes') =>
  rendered(target, (stack) => {
    const gateway = new Gateway(stack, 'gateway', {
      image: { reference: 'nginx:1.0', version: '1.0' },
      cpuMillicores: 250,
      memoryMiB: 64,
      scale: { replicas: 1 },
      hosts: ['api.example', 'www.example'],
      routes: {},
      exposure,
      trustedProxies: 'proxyProtocol' in exposure && !exposure.proxyProtocol ? [] : trustedProxies,
      localPort: 8080,
    });
    new BlackboxExporter(stack, 'blackbox-exporter', {
      image: { reference: 'exporter:1.0', version: '1.0' },
      gateway,
      host: 'api.example',
    });
  });

interface Service {
  metadata: Metadata;
  spec: Record<string, unknown> & { port: Array<{ name: string; port: number; target_port: string }> };
  wait_for_load_balancer?: boolean;
}
const letIn = (stack: SynthesizedStack) =>
  stack
    .resource<NetworkPolicy>('kubernetes_network_policy_v1', 'gateway')
    .spec.ingress?.filter(({ from }) => !JSON.stringify(from ?? '').includes('blackbox'));
const configOf = (stack: SynthesizedStack) =>
  stack.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', 'gateway').data['nginx.conf'] ?? '';
const port = (number: number) => [{ port: `${number}`, protocol: 'TCP' }];

test('an internal one is reached by its Service, and nothing more is there', () => {
  const stack = exposed({ type: 'internal' });
  expect(letIn(stack)).toEqual([{ ports: port(8080) }]);
  expect(stack.addresses.filter((address) => address.includes('gateway'))).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/ingress|public/)]),
  );
});

describe('by a load balancer', () => {
  const balanced: LoadBalancerExposure = {
    type: 'loadBalancer',
    annotations: {},
    sourceRanges: [],
    proxyProtocol: false,
  };
  const service = (stack: SynthesizedStack) => stack.resource<Service>('kubernetes_service_v1', 'gateway-public');

  test('it has a Service of its own for those outside, which keeps their addresses', () => {
    const { metadata, spec, wait_for_load_balancer } = service(exposed(balanced));
    expect(metadata.name).toBe('stock-analysis-gateway-public');
    expect(spec).toMatchObject({
      type: 'LoadBalancer',
      external_traffic_policy: 'Local',
      ip_family_policy: 'PreferDualStack',
      port: [{ name: 'public-http', port: 80, target_port: 'public-http' }],
    });
    expect(wait_for_load_balancer).toBe(false);
  });

  test('its controller is told the class, the annotations and who may come', () => {
    const stack = exposed({
      ...balanced,
      class: 'service.k8s.aws/nlb',
      annotations: { 'example.com/text': '${not.an.expression}' },
      sourceRanges: ['203.0.113.0/24', '2001:db8::/32'],
    });
    expect(service(stack).spec).toMatchObject({
      load_balancer_class: 'service.k8s.aws/nlb',
      load_balancer_source_ranges: ['203.0.113.0/24', '2001:db8::/32'],
    });
    expect(service(stack).metadata.annotations).toEqual({ 'example.com/text': '$${not.an.expression}' });
    expect(letIn(stack)).toEqual([
      {
        from: [{ ip_block: { cidr: '203.0.113.0/24' } }, { ip_block: { cidr: '2001:db8::/32' } }],
        ports: port(8082),
      },
    ]);
  });

  test('with a certificate TLS ends at it, and everything else is sent there', () => {
    const stack = exposed({ ...balanced, tls: { secret: 'api-certificate' } });
    expect(service(stack).spec.port.map(({ port, target_port }) => [port, target_port])).toEqual([
      [80, 'public-http'],
      [443, 'public-https'],
    ]);
    expect(flowsThroughPolicies([stack]).filter((flow) => flow.endsWith('gateway:8080'))).toEqual([]);
    const sources = podOf(stack, 'gateway').template.spec.volume.flatMap(({ projected = [] }) =>
      projected.flatMap(({ sources }) => sources.flatMap(({ secret = [] }) => secret)),
    );
    expect(sources).toEqual([
      { name: 'api-certificate', items: [{ key: 'tls.crt', path: 'certificate/tls.crt' }] },
      { name: 'api-certificate', items: [{ key: 'tls.key', path: 'certificate/tls.key' }] },
    ]);
    expect(configOf(stack)).toContain('default /etc/stock-analysis/certificate;');
    expect(stack.resources('kubernetes_secret_v1')).toEqual({});
  });

  test('that speaks the PROXY protocol it alone is let in, to the ports where that is spoken', () => {
    const stack = exposed({ ...balanced, sourceRanges: ['203.0.113.0/24'], proxyProtocol: true });
    expect(letIn(stack)).toEqual([{ from: trustedProxies.map((cidr) => ({ ip_block: { cidr } })), ports: port(8082) }]);
    expect(configOf(stack)).toContain('listen [::]:8082 proxy_protocol;');
    expect(configOf(stack)).toContain('listen 8080;');
  });
});

describe('by an ingress', () => {
  const ingress = { type: 'ingress', annotations: {} } as const;
  const controller = { namespace: 'traefik', labels: { 'app.kubernetes.io/name': 'traefik' } };
  interface IngressObject {
    metadata: Metadata;
    spec: Record<string, unknown>;
  }
  const object = (stack: SynthesizedStack) => stack.resource<IngressObject>('kubernetes_ingress_v1', 'gateway');

  test('it is told every host and the Service, and the class', () => {
    expect(object(exposed({ ...ingress, class: 'traefik' })).spec).toMatchObject({
      ingress_class_name: 'traefik',
      rule: ['api.example', 'www.example'].map((host) => ({
        host,
        http: {
          path: [
            {
              path: '/',
              path_type: 'Prefix',
              backend: { service: { name: 'stock-analysis-gateway', port: { name: 'http' } } },
            },
          ],
        },
      })),
    });
  });

  test('the pods of its controller are let in, and nobody else', () => {
    expect(letIn(exposed({ ...ingress, controller }))).toEqual([
      {
        from: [
          {
            namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'traefik' } },
            pod_selector: { match_labels: controller.labels },
          },
        ],
        ports: port(8080),
      },
    ]);
  });

  test('where no policy selects its controller, the addresses of that are let in', () => {
    expect(letIn(exposed(ingress))).toEqual([
      { from: trustedProxies.map((cidr) => ({ ip_block: { cidr } })), ports: port(8080) },
    ]);
  });

  test.each([
    [{ by: 'secret', name: 'given' }, 'given', undefined],
    [
      { by: 'issuer', kind: 'ClusterIssuer', name: 'letsencrypt' },
      'stock-analysis-gateway-certificate',
      { 'cert-manager.io/cluster-issuer': 'letsencrypt' },
    ],
    [
      { by: 'issuer', kind: 'Issuer', name: 'company' },
      'stock-analysis-gateway-certificate',
      { 'cert-manager.io/issuer': 'company' },
    ],
    [{ by: 'controller' }, undefined, undefined],
  ] as const)('its certificate is that of %j', (tls, secretName, annotations) => {
    const { spec, metadata } = object(exposed({ ...ingress, tls }));
    expect(spec.tls).toEqual([
      { hosts: ['api.example', 'www.example'], ...(secretName && { secret_name: secretName }) },
    ]);
    expect(metadata.annotations ?? {}).toEqual(annotations ?? {});
  });

  test('with TLS, whom it says to have come without is sent there; without, nobody is', () => {
    expect(configOf(exposed({ ...ingress, tls: { by: 'controller' } }))).toContain('return 308 https://');
    expect(configOf(exposed(ingress))).not.toContain('return 308');
  });
});

describe('by a Gateway that is there already', () => {
  const parent = { name: 'shared', namespace: 'gateways', listener: 'https', redirectListener: 'http' };
  const routes = (stack: SynthesizedStack) => chartObjects(stack).filter(({ kind }) => kind === 'HTTPRoute');

  test('a route leads from its listener to the Service, and another from HTTP to HTTPS', () => {
    const [route, toTls] = routes(exposed({ type: 'gateway', annotations: {}, parent }));
    expect(route?.spec).toEqual({
      parentRefs: [{ name: 'shared', namespace: 'gateways', sectionName: 'https' }],
      hostnames: ['api.example', 'www.example'],
      rules: [{ backendRefs: [{ name: 'stock-analysis-gateway', port: 8080 }] }],
    });
    expect(toTls?.metadata.name).toBe('stock-analysis-gateway-to-tls');
    expect(toTls?.spec).toMatchObject({
      parentRefs: [{ sectionName: 'http' }],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }] }],
    });
  });

  test('without names of listeners it is one route, at all of them', () => {
    const only = routes(
      exposed({ type: 'gateway', annotations: {}, parent: { name: 'shared', namespace: 'gateways' } }),
    );
    expect(only.map(({ spec }) => spec.parentRefs)).toEqual([[{ name: 'shared', namespace: 'gateways' }]]);
  });

  test('it comes after the kinds that every cluster knows: a cluster may lack this one', () => {
    const stack = exposed({ type: 'gateway', annotations: { 'example.com/a': 'b' }, parent });
    const releases = stack.resources<{ values: string[] }>('helm_release');
    expect(releases.custom?.values.join()).toContain('HTTPRoute');
    expect(routes(stack)[0]?.metadata.annotations).toEqual({ 'example.com/a': 'b' });
  });
});

describe('on ports of a machine', () => {
  const published: PublishedExposure = {
    type: 'published',
    addresses: ['192.0.2.1', '2001:db8::1'],
    httpPort: 80,
    httpsPort: 443,
    proxyProtocol: false,
    certificateRevision: 1,
  };

  test('80 and 443 are open at its addresses, and what has no TLS on 127.0.0.1 alone', () => {
    expect(dockerContainer(exposed(published, 'docker'), 'gateway').ports).toEqual([
      { internal: 8080, external: 8080, ip: '127.0.0.1' },
      { internal: 8082, external: 80, ip: '192.0.2.1' },
      { internal: 8082, external: 80, ip: '2001:db8::1' },
      { internal: 8443, external: 443, ip: '192.0.2.1' },
      { internal: 8443, external: 443, ip: '2001:db8::1' },
    ]);
  });

  test('its certificate and key are files outside git, and another revision starts it again', () => {
    const carried = (exposure: Exposure) =>
      dockerContainer(exposed(exposure, 'docker'), 'gateway-files').upload?.filter(({ file }) =>
        file.includes('/tls.'),
      );
    expect(carried(published)).toEqual([
      {
        file: '/etc/stock-analysis/certificate/tls.crt',
        permissions: '0444',
        source: '../../../.local/secrets/local/gateway-tls-crt/tls.crt',
      },
      {
        file: '/etc/stock-analysis/certificate/tls.key',
        permissions: '0444',
        source: '../../../.local/secrets/local/gateway-tls-key/tls.key',
      },
    ]);
    const volume = (certificateRevision: number) =>
      exposed({ ...published, certificateRevision }, 'docker').resource<{ name: string }>(
        'docker_volume',
        'gateway-files',
      ).name;
    expect(volume(2)).not.toBe(volume(1));
  });

  test('another port of HTTPS is where it sends those who come without', () => {
    const stack = exposed({ ...published, httpsPort: 8444 }, 'docker');
    const files = dockerContainer(stack, 'gateway-files')
      .upload?.map(({ content }) => content)
      .join();
    expect(files).toContain('return 308 https://$host:8444$request_uri;');
  });
});

test('a load balancer and an ingress are refused on an engine, by whose they are', () => {
  expect(() => exposed({ type: 'ingress', annotations: {} }, 'docker')).toThrow(
    'component "gateway": a Ingress is an object of Kubernetes',
  );
});

describe('its health is asked as clients ask it', () => {
  const asked = (exposure: Exposure) => {
    const stack = exposed(exposure);
    const { data } = stack.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', 'blackbox-exporter');
    return {
      modules: JSON.parse(data['blackbox.yml'] ?? '').modules.health.http,
      flows: flowsThroughPolicies([stack]).filter((flow) => flow.startsWith('blackbox')),
    };
  };
  const balanced: LoadBalancerExposure = {
    type: 'loadBalancer',
    annotations: {},
    sourceRanges: [],
    proxyProtocol: false,
    tls: { secret: 'given' },
  };

  test('by TLS where that ends there, so that the end of its certificate is known', () => {
    const { modules, flows } = asked(balanced);
    expect(flows).toEqual(['blackbox-exporter -> gateway:8443']);
    expect(modules.tls_config).toEqual({ server_name: 'api.example', insecure_skip_verify: true });
  });

  test('without where TLS ends elsewhere, or where somebody has to say first who comes', () => {
    for (const exposure of [{ type: 'internal' } as const, { ...balanced, proxyProtocol: true }]) {
      expect(asked(exposure).flows).toEqual(['blackbox-exporter -> gateway:8080']);
      expect(asked(exposure).modules.tls_config).toBeUndefined();
    }
  });
});
