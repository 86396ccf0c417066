import { Api } from '../../../constructs/api/api';
import { Gateway } from '../../../constructs/gateway/gateway';
import { pagesUrl, type WebInterface } from '../../../constructs/gateway/web-interface';
import { Workload } from '../../../constructs/workload/workload';
import { dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { containerOf, podOf } from '../../kubernetes-objects';
import { rendered, service, type TargetName } from '../../product';

const image = { reference: 'app:1', version: '1' };
const withApi = (target: TargetName, isLetIn = true) =>
  rendered(target, (stack) => {
    const size = { cpuMillicores: 250, memoryMiB: 64 };
    const api = new Api(stack, 'api', {
      ...size,
      image,
      scale: { replicas: 1 },
      logLevel: 'INFO',
      databasePool: { size: 1, maxOverflow: 0 },
      sources: {
        priority: 'sample',
        tushareUrl: 'http://api.tushare.pro',
        tokenRevisions: { tushare: 1, akshare: 1, wind: 1 },
      },
    });
    const gateway = new Gateway(stack, 'gateway', {
      ...size,
      image: { reference: 'nginx:1.0', version: '1.0' },
      scale: { replicas: 1 },
      hosts: ['api.example'],
      routes: api.routes,
      localPort: 8080,
    });
    if (isLetIn) api.allow(gateway);
  });
const docker = withApi('docker');
const kubernetes = withApi('kubernetes');

test('on Kubernetes it is exactly this', () => {
  expect(kubernetes.addresses.filter((address) => address.endsWith('.gateway'))).toEqual([
    'kubernetes_config_map_v1.gateway', // nginx.conf and start.sh
    'kubernetes_deployment_v1.gateway',
    'kubernetes_network_policy_v1.gateway',
    'kubernetes_service_account_v1.gateway',
    'kubernetes_service_v1.gateway',
  ]);
});

test('on Docker it is exactly this, with a network that has a way out', () => {
  expect(docker.addresses.filter((address) => /gateway|edge/.test(address))).toEqual([
    'docker_container.gateway',
    'docker_container.gateway-files',
    'docker_network.edge',
    'docker_volume.gateway-files',
  ]);
});

test('it is the only way in, and the way to the API only', () => {
  expect(flowsThroughPolicies([kubernetes])).toEqual(['gateway -> api:8000', 'outside -> gateway:8080']);
  expect(dockerContainer(docker, 'gateway').ports).toEqual([{ internal: 8080, external: 8080, ip: '127.0.0.1' }]);
  expect(dockerContainer(docker, 'api').ports).toEqual([]);
});

test('it passes requests on to where the API is', () => {
  const config = kubernetes.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', 'gateway').data;
  expect(config['nginx.conf']).toContain('server stock-analysis-api:8000 max_fails=0;');
  expect(config['nginx.conf']).toContain(
    'server stock-analysis-api-replicas.stock-analysis.svc$cluster_domain:8000 resolve max_fails=0 backup;',
  );
  expect(containerOf(kubernetes, 'gateway').command).toEqual(['sh', '/etc/stock-analysis/start.sh']);
});

test('a route to what does not let it in is refused', () => {
  expect(() => withApi('kubernetes', false)).toThrow(
    'gateway: / goes to port "http" of "api", which does not let it in: api.allow(gateway)',
  );
});

test('it is asked about itself, on the port it serves', () => {
  const { readiness_probe, liveness_probe } = containerOf(kubernetes, 'gateway');
  for (const probe of [readiness_probe, liveness_probe]) {
    expect(probe?.http_get).toEqual({ port: 'http', path: '/healthz' });
  }
  const asked = dockerContainer(docker, 'gateway').healthcheck?.test.join(' ');
  expect(asked).toContain('127.0.0.1/8080');
  expect(asked).toContain('GET /healthz ');
});

describe('where it is watched', () => {
  const watched = (target: TargetName) =>
    rendered(target, (stack) => {
      new Gateway(stack, 'gateway', {
        image: { reference: 'nginx:1.0', version: '1.0' },
        exporterImage: { reference: 'exporter:1.0', version: '1.0' },
        cpuMillicores: 250,
        memoryMiB: 64,
        scale: { replicas: 3 },
        hosts: ['api.example'],
        routes: {},
      });
    });
  const stack = watched('kubernetes');

  test('each replica has an exporter, which asks it on the loopback of both', () => {
    const [, exporter] = podOf(stack, 'gateway').template.spec.container;
    expect(exporter?.command).toEqual([
      '/usr/bin/nginx-prometheus-exporter',
      '--nginx.scrape-uri=http://127.0.0.1:8081/stub_status',
    ]);
    const { data } = stack.resource<{ data: Record<string, string> }>('kubernetes_config_map_v1', 'gateway');
    expect(data['nginx.conf']).toContain('listen 127.0.0.1:8081;');
    expect(containerOf(stack, 'gateway').port?.map(({ container_port }) => container_port)).toEqual([8080]);
  });

  test('on an engine its exporter asks it on the network of the gateway', () => {
    const engine = watched('docker');
    expect(dockerContainer(engine, 'gateway-companion').entrypoint).toEqual([
      '/usr/bin/nginx-prometheus-exporter',
      '--nginx.scrape-uri=http://stock-analysis-gateway:8081/stub_status',
    ]);
    expect(dockerContainer(engine, 'gateway-files').upload?.[0]?.content).toContain('listen 0.0.0.0:8081;');
  });

  test('nobody outside reaches what it tells, nor what the exporter tells', () => {
    expect(flowsThroughPolicies([stack])).toEqual(['outside -> gateway:8080']);
    expect(dockerContainer(watched('docker'), 'gateway').ports?.map(({ internal }) => internal)).toEqual([8080]);
  });

  test('where it is not, it tells nothing', () => {
    expect(kubernetes.text).not.toContain('stub_status');
    expect(podOf(kubernetes, 'gateway').template.spec.container).toHaveLength(1);
  });
});

describe('where it shows web interfaces', () => {
  const showing = (target: TargetName, showsInterfaces = true) =>
    rendered(target, (stack) => {
      const gateway = new Gateway(stack, 'gateway', {
        image: { reference: 'nginx:1.0', version: '1.0' },
        cpuMillicores: 250,
        memoryMiB: 64,
        scale: { replicas: 1 },
        hosts: ['api.example'],
        routes: {},
        showsInterfaces,
      });
      const peer = new Workload(stack, 'pages', service({ component: 'pages', ports: { http: 9090 } }));
      const pages: WebInterface = { path: '/pages/', peer, port: 'http', login: 'of the gateway' };
      gateway.show(pages);
    });
  const configOf = (target: TargetName) => showing(target).text;

  test('it may reach them, and needs none of them', () => {
    expect(flowsThroughPolicies([showing('kubernetes')])).toEqual(['gateway -> pages:9090', 'outside -> gateway:8080']);
    const { depends_on = [] } = showing('kubernetes').resource<{ depends_on?: string[] }>(
      'kubernetes_deployment_v1',
      'gateway',
    );
    expect(depends_on.filter((address) => address.includes('pages'))).toEqual([]);
  });

  test('their names are whole, but for the domain that only a cluster knows', () => {
    expect(configOf('kubernetes')).toContain('set $page stock-analysis-pages.stock-analysis.svc$cluster_domain:9090;');
    expect(configOf('docker')).toContain('set $page stock-analysis-pages$cluster_domain:9090;');
  });

  test('its password is made in the cluster, and stands in a file as Nginx reads it', () => {
    const stack = showing('kubernetes');
    const { data_wo } = stack.resource<{ data_wo: object }>('kubernetes_secret_v1', 'gateway-login');
    expect(data_wo).toEqual({
      htpasswd: 'operator:{PLAIN}${ephemeral.random_password.password-gateway-login.result}\n',
    });
    expect(stack.text).toContain('auth_basic_user_file /etc/stock-analysis/htpasswd;');
    expect(containerOf(stack, 'gateway').command).toEqual(['sh', '/etc/stock-analysis/start.sh']);
  });

  test('made without them, it refuses to show any', () => {
    expect(() => showing('kubernetes', false)).toThrow('allowed: where it was made with showsInterfaces');
  });

  test('a link to pages leads through it, or to their port where it does not', () => {
    const pages = { path: '/pages/', port: 9090 };
    expect(pagesUrl({ ...pages, origin: 'https://x.example' })).toBe('https://x.example/pages/');
    expect(pagesUrl({ ...pages, origin: undefined })).toBe('http://localhost:9090/pages/');
  });
});
