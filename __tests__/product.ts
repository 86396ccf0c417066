import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentConfig } from '../config/environment';
import { defineEnvironment } from '../config/environment';
import dev from '../config/environments/dev';
import local from '../config/environments/local';
import { platformApp } from '../constructs/workload/app';
import { Boundary } from '../constructs/workload/boundary';
import { Environment } from '../constructs/workload/environment';
import { Secret } from '../constructs/workload/secret';
import { EnvironmentStack } from '../constructs/workload/stack';
import {
  type AgentProps,
  filesDirectory,
  type OnceProps,
  type ScheduledProps,
  type ServiceProps,
  type StatefulProps,
  Workload,
} from '../constructs/workload/workload';
import { type SynthesizedStack, synthesized } from './synthesized';

export type TargetName = EnvironmentConfig['target'];
export const targets: readonly TargetName[] = ['docker', 'kubernetes'];

/** One stack of one environment with whatever a test puts into it. */
export class ProductStack extends EnvironmentStack {
  constructor(environment: Environment) {
    super(environment, 'application');
    new Boundary(this, 'boundary', { of: 'workloads', quota: environment.config.quota });
    new Boundary(this, 'agents', { of: 'agents' });
  }
}

/** An environment of a target, with some values of its own. */
export const environmentOf = (target: TargetName, values: Partial<EnvironmentConfig> = {}): EnvironmentConfig =>
  defineEnvironment({ ...(target === 'docker' ? local : dev), ...values });

/** A stack to put constructs into, of an app that is never synthesized and leaves nothing on the disk. */
export const emptyStack = (target: TargetName): ProductStack => emptyStackOf(environmentOf(target));

/** The same for a configuration. */
export function emptyStackOf(config: EnvironmentConfig): ProductStack {
  const directory = mkdtempSync(join(tmpdir(), 'product-'));
  const app = platformApp(directory);
  rmSync(directory, { recursive: true });
  return new ProductStack(new Environment(app, config));
}

/** Synthesizes one stack with what `fill` puts into it. */
export function rendered(
  target: TargetName,
  fill: (stack: ProductStack) => void,
  values: Partial<EnvironmentConfig> = {},
): SynthesizedStack {
  const config = environmentOf(target, values);
  const stacks = synthesized((app) => fill(new ProductStack(new Environment(app, config))));
  return stacks.get(`${config.name}-application`) as SynthesizedStack;
}

const container = {
  image: { reference: 'example/web:1.2.3', version: '1.2.3' },
  user: { uid: 1001, gid: 1002 },
  cpuMillicores: 500,
  memoryMiB: 256,
};

const probe = (question: string, periodSeconds: number, failureThreshold: number) => ({
  check: { command: ['ask', question] },
  periodSeconds,
  timeoutSeconds: 2,
  failureThreshold,
});

export const probes = {
  startup: probe('started', 1, 30),
  readiness: probe('ready', 5, 3),
  liveness: probe('alive', 15, 4),
};

/** The least that a service needs, and what a test adds to it. */
export const service = (props: Partial<ServiceProps> = {}): ServiceProps => ({
  ...container,
  kind: 'service',
  component: 'web',
  purpose: 'api',
  scale: { replicas: 1 },
  probes,
  ...props,
});

/** The least that a stateful workload needs, and what a test adds to it. */
export const stateful = (props: Partial<StatefulProps> = {}): StatefulProps => ({
  ...container,
  kind: 'stateful',
  component: 'store',
  purpose: 'database',
  image: { reference: 'example/store:4.5', version: '4.5' },
  volumes: [{ path: '/data', sizeGiB: 3 }],
  probes,
  ...props,
});

/** The least that a scheduled workload needs, and what a test adds to it. */
export const scheduled = (props: Partial<ScheduledProps> = {}): ScheduledProps => ({
  ...container,
  kind: 'scheduled',
  component: 'nightly',
  purpose: 'maintenance',
  command: ['tidy', 'all'],
  schedule: '30 3 * * *',
  timeZone: 'Asia/Shanghai',
  timeLimitSeconds: 600,
  ...props,
});

/** The least that an agent needs, and what a test adds to it. */
export const agent = (props: Partial<AgentProps> = {}): AgentProps => ({
  ...container,
  kind: 'agent',
  component: 'watcher',
  purpose: 'node-metrics',
  host: { paths: [{ path: '/proc', mountPath: '/host/proc', reason: 'what the node does is there' }] },
  probes,
  ...props,
});

/** The least that a task that runs once needs, and what a test adds to it. */
export const once = (props: Partial<OnceProps> = {}): OnceProps => ({
  ...container,
  kind: 'once',
  component: 'setup',
  purpose: 'set-up',
  command: ['make', 'templates'],
  timeLimitSeconds: 300,
  ...props,
});

/** A product with every kind of workload, connections, a secret with two forms, configuration and preparations. */
export function addProduct(stack: EnvironmentStack, secretRevision = 1) {
  const secret = new Secret(stack, 'secret', {
    component: 'store',
    keys: { password: '{password}', 'users.acl': 'user default on >{password}\n' },
    revision: secretRevision,
  });
  const store = new Workload(
    stack,
    'store',
    stateful({
      ports: { store: 5000 },
      environment: { STORE_PASSWORD_FILE: `${filesDirectory}/password` },
      files: { 'store.conf': { content: 'mode = safe\n' }, password: secret.file('password') },
      scratchMiB: { '/tmp': 16, '/dev/shm': 64 },
      terminationGracePeriodSeconds: 90,
    }),
  );
  const web = new Workload(
    stack,
    'web',
    service({
      command: ['serve', '--quietly'],
      preparations: [
        { name: 'migrate', command: ['serve', 'migrate'] },
        { name: 'warm', command: ['serve', 'warm'] },
      ],
      ports: { http: 8000, metrics: 9000 },
      environment: { MODE: 'busy' },
      scratchMiB: { '/tmp': 32 },
      probes: {
        ...probes,
        readiness: {
          ...probes.readiness,
          check: { command: ['ask', 'ready'], http: { port: 'http', path: '/ready' } },
        },
      },
    }),
  );
  const nightly = new Workload(stack, 'nightly', scheduled());
  const { connections } = stack.environment;
  for (const client of [web, nightly]) {
    connections.allow(client, store, 'store', {
      environment: {
        STORE_URL: `store://${store.name}:5000`,
        STORE_PASSWORD_FILE: `${filesDirectory}/store-password`,
      },
      files: { 'store-password': secret.file('password') },
    });
  }
  connections.expose(web, 'http', { localPort: 8080 });
  return { secret, store, web, nightly };
}
