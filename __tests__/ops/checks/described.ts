import { Subject } from '../../../ops/src/checks/subject';
import type { SynthesizedStack } from '../../../ops/src/place/synthesized';

const metadata = (name: string) => ({ name: `stock-${name}`, namespace: 'stock' });
const signal = new AbortController().signal;

/** A stack of an environment, as Terraform reads it. */
export const stackOf = (
  kind: string,
  resources: SynthesizedStack['resources'],
  rest: Partial<SynthesizedStack> = {},
): SynthesizedStack => ({
  name: `trial-${kind}`,
  folder: `/checkout/cdktf.out/stacks/trial-${kind}`,
  resources,
  backend: { kubernetes: { namespace: 'terraform-state', secret_suffix: `trial-${kind}` } },
  providers: { kubernetes: [{}] },
  requiredVersion: '>= 1.11',
  ...rest,
});

const secrets = (...keys: [secret: string, key: string][]) => [
  { projected: [{ sources: keys.map(([name, key]) => ({ secret: [{ name, items: [{ key, path: key }] }] })) }] },
];

/** A small environment in a cluster. */
export const inCluster = (context?: string, kubeconfig?: string): Subject =>
  Subject.ofStacks({ root: '/checkout', environment: 'trial', kubeconfig, signal }, [
    stackOf(
      'application',
      {
        kubernetes_deployment_v1: {
          api: {
            metadata: metadata('api'),
            spec: {
              replicas: '2',
              template: {
                spec: {
                  container: [{ name: 'api', image: 'stock/app:1', image_pull_policy: 'IfNotPresent' }],
                  volume: secrets(['stock-api', 'secret-key'], ['stock-tushare', 'tushare-api-key']),
                },
              },
            },
          },
          gateway: {
            metadata: metadata('gateway'),
            spec: {
              template: {
                spec: {
                  container: [{ name: 'gateway', image: 'nginx:1' }],
                  volume: secrets(['stock-certificate', 'tls.crt']),
                },
              },
            },
          },
        },
        kubernetes_cron_job_v1: {
          maintenance: {
            metadata: metadata('maintenance'),
            spec: { job_template: { spec: { template: { spec: { container: [{ image: 'stock/app:1' }] } } } } },
          },
        },
        kubernetes_persistent_volume_claim_v1: { data: { metadata: metadata('data'), spec: {} } },
      },
      { providers: { kubernetes: [{ config_context: context }] } },
    ),
    stackOf('backup', {
      kubernetes_stateful_set_v1: {
        backup: {
          metadata: metadata('backup'),
          spec: { replicas: '1', template: { spec: { container: [{ name: 'backup', image: 'stock/ops:1' }] } } },
        },
      },
    }),
  ]);

const container = (name: string, rest: object = {}) => ({
  name: `stock-${name}`,
  restart: 'unless-stopped',
  '//': { metadata: { uniqueId: name } },
  ...rest,
});

/** A small environment on an engine. @param rest of the gateway, such as its ports */
export const onEngine = (rest: object = {}, root = '/checkout'): Subject =>
  Subject.ofStacks({ root, environment: 'trial', kubeconfig: undefined, signal }, [
    stackOf(
      'application',
      {
        docker_image: { app: { name: 'stock/app:1', build: {} }, nginx: { name: 'nginx:1' } },
        docker_container: {
          gateway: container('gateway', { depends_on: ['docker_container.api'], ...rest }),
          api: container('api', { depends_on: ['docker_container.api-files'] }),
          'api-files': container('api-files', { restart: 'no' }),
          companion: container('companion', { network_mode: 'container:${docker_container.gateway.id}' }),
        },
      },
      { providers: { docker: [{}] }, backend: { local: { path: 'x.tfstate' } }, folder: `${root}/a/b/c` },
    ),
  ]);
