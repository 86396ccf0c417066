import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { Files } from '../workload/files';
import type { ContainerImage } from '../workload/image';
import { resourceName } from '../workload/naming';
import type { Observed } from '../workload/observations';
import { RotatedSecret } from '../workload/rotated-secret';
import { Secret } from '../workload/secret';
import { filesDirectory, type Probes, Workload } from '../workload/workload';
import { redisAlerts, redisQueueAlerts } from './alerts';
import { cacheDashboard, queueDashboard } from './dashboard';
import { ExistingRedis, type ExistingRedisProps } from './existing-redis';
import {
  dataDirectory,
  loginLine,
  loginName,
  type RedisUser,
  redisUsers,
  renderCacheConfig,
  renderQueueConfig,
} from './redis-config';
import { accessBy, ofUser, type RedisEndpoint, type RedisServer } from './redis-endpoint';
import { passwordsByAddress, RedisExporter } from './redis-exporter';

export interface RedisCacheProps {
  readonly image: ContainerImage;
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  /** Of each password: raise it to have another made and used, while the former is valid still. @default 1 */
  readonly passwordRevisions?: Readonly<Partial<Record<RedisUser, number>>>;
}

export interface RedisQueueProps extends RedisCacheProps {
  readonly storageGiB: number;
}

/** The cache: least recently used keys go first, nothing is kept (REDIS_URL). It can be emptied without losing a job. */
export class RedisCache extends Construct implements RedisEndpoint, Client {
  readonly workload: Workload;
  private readonly users: Users;

  /** One that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingRedisProps): RedisEndpoint {
    return new ExistingRedis(scope, id, 'cache', props);
  }

  constructor(scope: Construct, id: string, props: RedisCacheProps) {
    super(scope, id);
    this.users = usersOf(this, id, 'cache', props);
    this.workload = new Workload(this, 'workload', {
      ...redisContainer(id, props, this.users, renderCacheConfig(props.memoryMiB)),
      user: { uid: 10_999, gid: 10_999 },
      kind: 'service',
      purpose: 'cache',
      scale: { replicas: 1 },
      scratchMiB: { ...listDirectory, [dataDirectory]: 16 },
    });
    observe(this.workload, this.users, {
      alerts: redisAlerts(id, props.memoryMiB),
      dashboards: [cacheDashboard(Environment.of(this).config.name, id)],
    });
  }

  allow(user: RedisUser, ...clients: Client[]): void {
    for (const client of clients) letIn(client, user, this.workload, this.users, 'cache');
  }
}

/** The queue's store: an append-only file on a volume and no eviction, or accepted jobs would vanish (QUEUE_URL). */
export class RedisQueue extends Construct implements RedisEndpoint, Client {
  readonly workload: Workload;
  private readonly users: Users;

  /** One that somebody else runs. */
  static fromExisting(scope: Construct, id: string, props: ExistingRedisProps): RedisEndpoint {
    return new ExistingRedis(scope, id, 'queue', props);
  }

  constructor(scope: Construct, id: string, props: RedisQueueProps) {
    super(scope, id);
    this.users = usersOf(this, id, 'queue', props);
    this.workload = new Workload(this, 'workload', {
      ...redisContainer(id, props, this.users, renderQueueConfig(props.memoryMiB)),
      // The image's own, whose files are on volumes that exist.
      user: { uid: 999, gid: 999 },
      kind: 'stateful',
      purpose: 'queue',
      scratchMiB: listDirectory,
      volumes: [{ path: dataDirectory, sizeGiB: props.storageGiB }],
    });
    observe(this.workload, this.users, {
      alerts: redisQueueAlerts(id, props.memoryMiB),
      dashboards: [queueDashboard(Environment.of(this).config.name, id)],
    });
  }

  allow(user: RedisUser, ...clients: Client[]): void {
    for (const client of clients) letIn(client, user, this.workload, this.users, 'queue');
  }
}

/** Clients' passwords are rotated under them; the others are the server's own and its exporter's. */
interface Users {
  readonly clients: ReadonlyMap<RedisUser, RotatedSecret>;
  readonly own: ReadonlyMap<RedisUser, Secret>;
}

const port = 6379;
/** Where start.sh writes the access list. */
const listDirectory = { '/tmp': 1 };
/** A key of the monitor's secret. */
const exporterPasswords = 'exporter.json';

/** The password of each user as its client reads it, and as the line of the server's access list: neither is an argument. */
function usersOf(scope: Construct, id: string, server: RedisServer, { passwordRevisions }: RedisCacheProps): Users {
  const host = resourceName(Environment.of(scope).config, id);
  const lines = [...redisUsers(server)];
  const isOwn = (user: RedisUser) => user === 'probe' || user === 'monitor';
  return {
    clients: new Map(
      lines
        .filter(([user]) => !isOwn(user))
        .map(([user, line]) => [
          user,
          new RotatedSecret(scope, `${user}-secret`, {
            component: `${id}-${user}`,
            revision: passwordRevisions?.[user] ?? 1,
            keys: (turn) => ({ password: '{password}', 'user.acl': `${loginLine(user, turn, line)}\n` }),
          }),
        ]),
    ),
    own: new Map(
      lines
        .filter(([user]) => isOwn(user))
        .map(([user, line]) => [
          user,
          new Secret(scope, `${user}-secret`, {
            component: `${id}-${user}`,
            keys: {
              ...(user === 'monitor'
                ? { [exporterPasswords]: passwordsByAddress(host, port, user) }
                : { password: '{password}' }),
              'user.acl': `${line}\n`,
            },
          }),
        ]),
    ),
  };
}

function observe(server: Workload, { own }: Users, observed: Pick<Observed, 'alerts' | 'dashboards'>): void {
  const { component } = server;
  const passwords = ofUser(own, 'monitor').file(exporterPasswords);
  Environment.of(server).observations.record({
    component,
    ...observed,
    exporters: [
      (watcher) => new RedisExporter(watcher, `${component}-exporter`, { server, user: 'monitor', passwords }),
    ],
  });
}

function redisContainer(component: string, props: RedisCacheProps, { clients, own }: Users, config: string) {
  const files: Files = {
    'start.sh': { content: readFileSync(join(__dirname, 'start.sh'), 'utf8') },
    'redis.conf': { content: config },
    'probe-password': ofUser(own, 'probe').file('password'),
    ...Object.fromEntries([...own].map(([user, secret]) => [`users/${user}.acl`, secret.file('user.acl', 'reread')])),
    ...Object.fromEntries(
      [...clients].flatMap(([user, { turns }]) =>
        [...turns].map(([turn, secret]) => [`users/${user}-${turn}.acl`, secret.file('user.acl', 'reread')]),
      ),
    ),
  };
  return {
    component,
    image: props.image,
    command: ['sh', `${filesDirectory}/start.sh`],
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

function letIn(client: Client, user: RedisUser, workload: Workload, { clients }: Users, server: RedisServer): void {
  const { current, currentTurn } = ofUser(clients, user);
  const url = `redis://${loginName(user, currentTurn)}@${workload.name}:${workload.port('redis')}/0`;
  const access = accessBy(server, url, current.file('password'));
  Environment.of(workload).connections.allow(client.workload, workload, 'redis', access);
}
