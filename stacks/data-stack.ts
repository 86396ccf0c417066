import { memorySettings } from '../config/components/postgres';
import type { EnvironmentConfig } from '../config/environment';
import { Postgres } from '../constructs/postgres/postgres';
import type { PostgresEndpoint } from '../constructs/postgres/postgres-endpoint';
import { RedisCache, RedisQueue } from '../constructs/redis/redis';
import type { RedisEndpoint } from '../constructs/redis/redis-endpoint';
import type { Environment } from '../constructs/workload/environment';
import { postgresImage, upstreamImage } from '../constructs/workload/image';
import { EnvironmentStack } from '../constructs/workload/stack';
import { certificatesIn } from './certificates';

type BundledPostgres = Exclude<EnvironmentConfig['postgres'], { topology: 'existing' }>;

const settingsOf = (server: BundledPostgres) => ({
  ...memorySettings(server),
  maxConnections: server.maxConnections,
  others: server.settings,
  statementStatistics: server.statementStatistics,
});

/** What must outlive every deployment: the database, the queue's store, and the cache beside them, or where they are. */
export class DataStack extends EnvironmentStack {
  readonly postgres: PostgresEndpoint;
  readonly cache: RedisEndpoint;
  readonly queue: RedisEndpoint;

  constructor(environment: Environment, { images, postgres, cache, queue }: EnvironmentConfig) {
    super(environment, 'data');
    const redis = upstreamImage(images, 'redis');
    this.postgres =
      postgres.topology === 'existing'
        ? Postgres.fromExisting(this, 'postgres', { ...postgres, ca: certificatesIn(postgres) })
        : new Postgres(this, 'postgres', {
            ...postgres,
            settings: settingsOf(postgres),
            image: postgresImage(images, postgres.major),
          });
    this.cache =
      cache.topology === 'existing'
        ? RedisCache.fromExisting(this, 'cache', { ...cache, ca: certificatesIn(cache) })
        : new RedisCache(this, 'cache', { ...cache, image: redis });
    this.queue =
      queue.topology === 'existing'
        ? RedisQueue.fromExisting(this, 'queue', { ...queue, ca: certificatesIn(queue) })
        : new RedisQueue(this, 'queue', { ...queue, image: redis });
  }
}
