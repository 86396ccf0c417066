import { Api } from '../../../constructs/api/api';
import { Maintenance } from '../../../constructs/maintenance/maintenance';
import { Scheduler } from '../../../constructs/scheduler/scheduler';
import { Worker } from '../../../constructs/worker/worker';
import { Workload } from '../../../constructs/workload/workload';
import { dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { type Container, containerOf, type NetworkPolicy, podOf } from '../../kubernetes-objects';
import { type ProductStack, rendered, service } from '../../product';
import { reference } from '../../synthesized';

const image = { reference: 'app:1', version: '1' };
const size = { image, cpuMillicores: 250, memoryMiB: 128 };
const long = { ...size, logLevel: 'WARNING', databasePool: { size: 3, maxOverflow: 4 } } as const;

const sources = {
  priority: 'tushare,wind',
  tushareUrl: 'https://data.example:8443/pro',
  aktoolsUrl: 'http://aktools:8080',
  windUrl: 'http://terminal.example:5000',
  tokenRevisions: { tushare: 2, akshare: 1, wind: 1 },
};

function addApplication(stack: ProductStack) {
  const api = new Api(stack, 'api', { ...long, scale: { replicas: 2 }, sources });
  const scale = { minReplicas: 2, maxReplicas: 3, cpuPercent: 70 };
  new Worker(stack, 'worker', { ...long, scale, concurrency: 4, softTimeLimitSeconds: 300, sources });
  new Scheduler(stack, 'scheduler', long);
  new Maintenance(stack, 'maintenance', { ...size, jobResultDays: 7 });
  return { api };
}
const kubernetes = rendered('kubernetes', (stack) => void addApplication(stack));
const environment = (component: string) =>
  Object.fromEntries(containerOf(kubernetes, component).env.map(({ name, value }) => [name, value]));

const addressesOf = (component: string) =>
  kubernetes.addresses.filter((address) => new RegExp(`^kubernetes_\\w+\\.${component}(-|$)`).test(address));

test('each part is exactly these resources, while nobody asks it', () => {
  expect(
    Object.fromEntries(['api', 'worker', 'scheduler', 'maintenance'].map((name) => [name, addressesOf(name)])),
  ).toEqual({
    api: [
      'kubernetes_deployment_v1.api',
      'kubernetes_network_policy_v1.api',
      'kubernetes_secret_v1.api', // Keys that API keys are hashed with, used in turn.
      'kubernetes_secret_v1.api-second',
      'kubernetes_service_account_v1.api',
    ],
    worker: [
      'kubernetes_deployment_v1.worker',
      'kubernetes_horizontal_pod_autoscaler_v2.worker',
      'kubernetes_network_policy_v1.worker',
      ...['akshare', 'tushare', 'wind'].map((source) => `kubernetes_secret_v1.worker-${source}-api-key`),
      'kubernetes_service_account_v1.worker',
    ],
    scheduler: [
      'kubernetes_deployment_v1.scheduler',
      'kubernetes_network_policy_v1.scheduler',
      'kubernetes_service_account_v1.scheduler',
    ],
    maintenance: [
      'kubernetes_cron_job_v1.maintenance',
      'kubernetes_network_policy_v1.maintenance',
      'kubernetes_service_account_v1.maintenance',
    ],
  });
});

test('all of it is one image, run by the command of its role', () => {
  const commands = ['api', 'worker', 'scheduler', 'maintenance'].map((name) => containerOf(kubernetes, name).command);
  expect(commands).toEqual([
    ['node', '/app/dist/stock.js', 'api'],
    ['node', '/app/dist/stock.js', 'worker'],
    ['node', '/app/dist/stock.js', 'scheduler'],
    ['node', '/app/dist/stock.js', 'db', 'maintain'],
  ]);
});

test('what stays migrates first: no process of a new version meets an old schema', () => {
  for (const component of ['api', 'worker', 'scheduler']) {
    const { init_container: preparations = [] } = podOf(kubernetes, component).template.spec;
    expect(preparations.map(({ command }) => command)).toEqual([['node', '/app/dist/stock.js', 'migrate']]);
  }
  expect(podOf(kubernetes, 'maintenance').template.spec.init_container).toBeUndefined();
});

test('settings arrive under the manual’s names', () => {
  const shared = {
    LOG_LEVEL: 'WARNING',
    DATABASE_POOL_SIZE: '3',
    DATABASE_MAX_OVERFLOW: '4',
    METRICS_PORT: '8001',
    PROMETHEUS_ENABLED: 'true',
  };
  expect(environment('scheduler')).toEqual(shared);
  expect(environment('worker')).toMatchObject({
    ...shared,
    CELERY_WORKER_CONCURRENCY: '4',
    CELERY_TASK_SOFT_TIME_LIMIT: '300',
    CELERY_TASK_TIME_LIMIT: '360',
    SOURCE_PRIORITY: 'tushare,wind',
    TUSHARE_HTTP_URL: 'https://data.example:8443/pro',
    TUSHARE_API_KEY_FILE: '/etc/stock-analysis/tushare-api-key',
    AKTOOLS_URL: 'http://aktools:8080',
    WIND_URL: 'http://terminal.example:5000',
  });
  expect(environment('api')).toMatchObject({
    ...shared,
    HTTP_PORT: '8000',
    SOURCE_PRIORITY: 'tushare,wind',
    SECRET_KEY_FILE: '/etc/stock-analysis/secret-key',
  });
  expect(environment('maintenance')).toEqual({ CELERY_RESULT_EXPIRES: '604800' });
});

test('the worker reaches the sources that are asked, and no other host', () => {
  const stack = rendered('kubernetes', (scope) => {
    addApplication(scope);
    expect(scope.environment.connections.describe()).toEqual([
      'worker -> outside data.example:8443',
      'worker -> outside terminal.example:5000',
    ]);
  });
  const { spec } = stack.resource('kubernetes_network_policy_v1', 'worker') as unknown as NetworkPolicy;
  expect(spec.egress?.map(({ ports = [] }) => ports.map(({ port }) => port))).toEqual([
    ['8443'],
    ['5000'],
    ['53', '53'],
  ]);
});

test('the token of one source is written again when its revision is raised, and refused where it is not given', () => {
  const revision = (source: string) =>
    kubernetes.resource<{ data_wo_revision: number }>('kubernetes_secret_v1', `worker-${source}-api-key`)
      .data_wo_revision;
  expect(['tushare', 'akshare', 'wind'].map(revision)).toEqual([2, 1, 1]);
  expect(kubernetes.resources('terraform_data')).toEqual({
    kept: expect.anything(),
    'given-worker-tushare-api-key': {
      triggers_replace: [2],
      provisioner: [
        {
          'local-exec': {
            command: expect.stringMatching(/^test -n "\$TEXT" # TF_VAR_worker_tushare_api_key is empty/),
            environment: { TEXT: reference('var.worker_tushare_api_key') },
          },
        },
      ],
    },
  });
  expect(kubernetes.resource('kubernetes_secret_v1', 'worker-tushare-api-key').depends_on).toEqual([
    'terraform_data.given-worker-tushare-api-key',
  ]);
});

test('on Docker the worker leaves by a network of its own', () => {
  const docker = rendered('docker', (scope) => void addApplication(scope));
  const networks = dockerContainer(docker, 'worker').networks_advanced?.map(({ name }) => name);
  expect(networks).toEqual(['stock-analysis-departure']);
  expect(docker.resource('docker_network', 'departure')).not.toHaveProperty('internal');
});

test('a worker has time for the job it has begun', () => {
  expect(podOf(kubernetes, 'worker').template.spec.termination_grace_period_seconds).toBeGreaterThan(300);
});

test('there is one scheduler, whatever the rest is scaled to', () => {
  expect(podOf(kubernetes, 'scheduler').replicas).toBe(1);
});

test('maintenance runs at night in Shanghai', () => {
  expect(kubernetes.resource('kubernetes_cron_job_v1', 'maintenance')).toMatchObject({
    spec: { schedule: '30 3 * * *', timezone: 'Asia/Shanghai' },
  });
});

test('ready asks for everything, alive only for the process: a database that is away restarts nothing', () => {
  const paths = ({ startup_probe, readiness_probe, liveness_probe }: Container) =>
    [startup_probe, readiness_probe, liveness_probe].map((probe) => `${probe?.http_get?.port}${probe?.http_get?.path}`);
  expect(paths(containerOf(kubernetes, 'api'))).toEqual(['http/health/ready', 'http/health/ready', 'http/health/live']);
  expect(paths(containerOf(kubernetes, 'worker'))).toEqual([
    'metrics/health/ready',
    'metrics/health/ready',
    'metrics/health/live',
  ]);
});

test('nothing reaches any of it before it is let in', () => {
  expect(flowsThroughPolicies([kubernetes])).toEqual([]);
});

test('a client of the API may send requests, and not read its metrics', () => {
  const stack = rendered('kubernetes', (scope) => {
    const { api } = addApplication(scope);
    api.allow({ workload: new Workload(scope, 'client', service({ component: 'client' })) });
  });
  expect(flowsThroughPolicies([stack])).toEqual(['client -> api:8000']);
});

test('on Docker the same asks itself over the port of its metrics', () => {
  const docker = rendered('docker', (stack) => new Scheduler(stack, 'scheduler', long));
  expect(dockerContainer(docker, 'scheduler').healthcheck?.test).toEqual([
    'CMD',
    'node',
    '/app/dist/stock.js',
    'healthcheck',
    'ready',
  ]);
});
