import { Construct } from 'constructs';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { resourceName } from '../workload/naming';
import type { Observed } from '../workload/observations';
import { Secret } from '../workload/secret';
import { type FileSource, filesDirectory, type Probes, Workload } from '../workload/workload';
import { redisAlerts, redisQueueAlerts } from './alerts';
import { cacheDashboard, queueDashboard } from './dashboard';
import { ExistingRedis, type ExistingRedisProps } from './existing-redis';
import {
  dataDirectory,
  type RedisUser,
  redisUsers,
  renderCacheConfig,
  renderQueueConfig,
  userFile,
} from './redis-config';
import { accessBy, ofUser, type RedisEndpoint, type RedisServer } from './redis-endpoint';
import { passwordsByAddress, RedisExporter } from './redis-exporter';

export interface RedisCacheProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
}

export interface RedisQueueProps extends RedisCacheProps {
  readonly storageGiB: number;
}

/** The cache: least recently used keys go first, nothing is kept (REDIS_URL). It can be emptied without losing a job. */
export class RedisCache extends Construct implements RedisEndpoint, Client {
  readonly workload: Workload;
  private readonly secrets: UserSecrets;

  /** One that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingRedisProps): RedisEndpoint {
    return new ExistingRedis(scope, id, 'cache', props);
  }

  constructor(scope: Construct, id: string, props: RedisCacheProps) {
    super(scope, id);
    this.secrets = userSecrets(this, id, 'cache');
    this.workload = new Workload(this, 'workload', {
      ...redisContainer(id, props, this.secrets, renderCacheConfig(props.memoryMiB)),
      kind: 'service',
      purpose: 'cache',
      scale: { replicas: 1 },
      scratchMiB: { [dataDirectory]: 16 },
    });
    observe(this.workload, this.secrets, {
      alerts: redisAlerts(id, props.memoryMiB),
      dashboards: [cacheDashboard(Environment.of(this).config.name, id)],
    });
  }

  allow(user: RedisUser, ...clients: Client[]): void {
    for (const client of clients) letIn(client, user, this.workload, this.secrets, 'cache');
  }
}

/** The queue's store: an append-only file on a volume and no eviction, or accepted jobs would vanish (QUEUE_URL). */
export class RedisQueue extends Construct implements RedisEndpoint, Client {
  readonly workload: Workload;
  private readonly secrets: UserSecrets;

  /** One that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingRedisProps): RedisEndpoint {
    return new ExistingRedis(scope, id, 'queue', props);
  }

  constructor(scope: Construct, id: string, props: RedisQueueProps) {
    super(scope, id);
    this.secrets = userSecrets(this, id, 'queue');
    this.workload = new Workload(this, 'workload', {
      ...redisContainer(id, props, this.secrets, renderQueueConfig(props.memoryMiB)),
      kind: 'stateful',
      purpose: 'queue',
      volume: { path: dataDirectory, sizeGiB: props.storageGiB },
    });
    observe(this.workload, this.secrets, {
      alerts: redisQueueAlerts(id, props.memoryMiB),
      dashboards: [queueDashboard(Environment.of(this).config.name, id)],
    });
  }

  allow(user: RedisUser, ...clients: Client[]): void {
    for (const client of clients) letIn(client, user, this.workload, this.secrets, 'queue');
  }
}

type UserSecrets = ReadonlyMap<RedisUser, Secret>;

const port = 6379;
/** A key of the monitor's secret. */
const exporterPasswords = 'exporter.json';

/** The password of each user as its client reads it, and as the line of the server's access list: neither is an argument. */
function userSecrets(scope: Construct, component: string, server: RedisServer): UserSecrets {
  const host = resourceName(Environment.of(scope).config, component);
  return new Map(
    [...redisUsers(server)].map(([user, line]) => [
      user,
      new Secret(scope, `${user}-secret`, {
        component: `${component}-${user}`,
        keys: {
          ...(user === 'monitor'
            ? { [exporterPasswords]: passwordsByAddress(host, port, user) }
            : { password: '{password}' }),
          'user.acl': `${line}\n`,
        },
      }),
    ]),
  );
}

function observe(server: Workload, secrets: UserSecrets, observed: Pick<Observed, 'alerts' | 'dashboards'>): void {
  const { component } = server;
  const passwords = ofUser(secrets, 'monitor').file(exporterPasswords);
  Environment.of(server).observations.record({
    component,
    ...observed,
    exporters: [
      (watcher) => new RedisExporter(watcher, `${component}-exporter`, { server, user: 'monitor', passwords }),
    ],
  });
}

function redisContainer(component: string, props: RedisCacheProps, secrets: UserSecrets, config: string) {
  const files: Record<string, FileSource> = {
    'redis.conf': { content: config },
    'probe-password': ofUser(secrets, 'probe').file('password'),
    ...Object.fromEntries([...secrets].map(([user, secret]) => [userFile(user), secret.file('user.acl')])),
  };
  return {
    component,
    image: props.image,
    command: ['docker-entrypoint.sh', 'redis-server', `${filesDirectory}/redis.conf`],
    user: { uid: 999, gid: 999 },
    ports: { redis: port },
    files,
    cpuMillicores: props.cpuMillicores,
    memoryMiB: props.memoryMiB,
    terminationGracePeriodSeconds: 60,
    probes,
  };
}

/** Answers a command: loaded, and knows its users. */
const ready = {
  command: ['sh', '-c', `REDISCLI_AUTH="$(cat ${filesDirectory}/probe-password)" redis-cli --user probe -e ping`],
};
/** Answers at all, even "I am loading" or "who are you". */
const alive = { command: ['redis-cli', 'ping'] };

const probes: Probes = {
  startup: { check: ready, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 150 },
  readiness: { check: ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
  liveness: { check: alive, periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 6 },
};

function letIn(client: Client, user: RedisUser, workload: Workload, secrets: UserSecrets, server: RedisServer): void {
  const url = `redis://${user}@${workload.name}:${workload.port('redis')}/0`;
  const access = accessBy(server, url, ofUser(secrets, user).file('password'));
  Environment.of(workload).connections.allow(client.workload, workload, 'redis', access);
}
