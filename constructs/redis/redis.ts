import { Construct } from 'constructs';
import type { Client } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { ContainerImage } from '../workload/image';
import { Secret } from '../workload/secret';
import { type FileSource, filesDirectory, type Probes, Workload } from '../workload/workload';
import { dataDirectory, renderCacheConfig, renderQueueConfig } from './redis-config';

/** A Redis that components can be let into, whoever runs it. */
export interface RedisEndpoint {
  /** Lets clients connect and tells them where and with which password. */
  allow(...clients: Client[]): void;
}

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
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, props: RedisCacheProps) {
    super(scope, id);
    this.secret = redisSecret(this, id);
    this.workload = new Workload(this, 'workload', {
      ...redisContainer(id, props, this.secret, renderCacheConfig(props.memoryMiB)),
      kind: 'service',
      role: 'cache',
      scale: { replicas: 1 },
      scratchMiB: { [dataDirectory]: 16 },
    });
  }

  allow(...clients: Client[]): void {
    for (const client of clients) letIn(client, this.workload, this.secret, 'REDIS');
  }
}

/** The queue's store: an append-only file on a volume and no eviction, or accepted jobs would vanish (QUEUE_URL). */
export class RedisQueue extends Construct implements RedisEndpoint, Client {
  readonly workload: Workload;
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, props: RedisQueueProps) {
    super(scope, id);
    this.secret = redisSecret(this, id);
    this.workload = new Workload(this, 'workload', {
      ...redisContainer(id, props, this.secret, renderQueueConfig(props.memoryMiB)),
      kind: 'stateful',
      role: 'queue',
      volume: { path: dataDirectory, sizeGiB: props.storageGiB },
    });
  }

  allow(...clients: Client[]): void {
    for (const client of clients) letIn(client, this.workload, this.secret, 'QUEUE');
  }
}

/** The password as its clients read it, and as the access list the server starts with: neither is ever an argument. */
const redisSecret = (scope: Construct, component: string) =>
  new Secret(scope, 'secret', {
    component,
    keys: { password: '{password}', 'users.acl': 'user default on >{password} ~* &* +@all\n' },
  });

function redisContainer(component: string, props: RedisCacheProps, secret: Secret, config: string) {
  const files: Record<string, FileSource> = {
    'redis.conf': { content: config },
    'users.acl': secret.file('users.acl'),
    password: secret.file('password'),
  };
  return {
    component,
    image: props.image,
    command: ['docker-entrypoint.sh', 'redis-server', `${filesDirectory}/redis.conf`],
    user: { uid: 999, gid: 999 },
    ports: { redis: 6379 },
    files,
    cpuMillicores: props.cpuMillicores,
    memoryMiB: props.memoryMiB,
    terminationGracePeriodSeconds: 60,
    probes,
  };
}

/** Answers a command: loaded, and the password is right. */
const ready = {
  command: ['sh', '-c', `REDISCLI_AUTH="$(cat ${filesDirectory}/password)" redis-cli -e ping`],
};
/** Answers at all, even "I am loading" or "who are you". */
const alive = { command: ['redis-cli', 'ping'] };

const probes: Probes = {
  startup: { check: ready, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 150 },
  readiness: { check: ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
  liveness: { check: alive, periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 6 },
};

function letIn(client: Client, server: Workload, secret: Secret, variable: 'REDIS' | 'QUEUE'): void {
  const file = `${variable.toLowerCase()}-password`;
  Environment.of(server).connections.allow(client.workload, server, 'redis', {
    environment: {
      [`${variable}_URL`]: `redis://${server.name}:${server.port('redis')}/0`,
      [`${variable}_PASSWORD_FILE`]: `${filesDirectory}/${file}`,
    },
    files: { [file]: secret.file('password') },
  });
}
