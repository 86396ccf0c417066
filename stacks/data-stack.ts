import type { EnvironmentConfig } from '../config/environment';
import { Postgres, type PostgresEndpoint } from '../constructs/postgres/postgres';
import { RedisCache, type RedisEndpoint, RedisQueue } from '../constructs/redis/redis';
import type { Environment } from '../constructs/workload/environment';
import { upstreamImage } from '../constructs/workload/image';
import { EnvironmentStack } from '../constructs/workload/stack';

/** What must outlive every deployment: the database, the queue's store, and the cache beside them. */
export class DataStack extends EnvironmentStack {
  readonly postgres: PostgresEndpoint;
  readonly cache: RedisEndpoint;
  readonly queue: RedisEndpoint;

  constructor(environment: Environment, { images, postgres, cache, queue }: EnvironmentConfig) {
    super(environment, 'data');
    const redis = upstreamImage(images, 'redis');
    this.postgres = new Postgres(this, 'postgres', {
      ...postgres,
      settings: postgres,
      image: upstreamImage(images, 'postgres'),
    });
    this.cache = new RedisCache(this, 'cache', { ...cache, image: redis });
    this.queue = new RedisQueue(this, 'queue', { ...queue, image: redis });
  }
}
