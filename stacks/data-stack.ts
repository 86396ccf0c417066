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

  constructor(environment: Environment) {
    super(environment, 'data');
    const { config } = environment;
    this.postgres = new Postgres(this, 'postgres', { ...config.postgres, image: upstreamImage(config, 'postgres') });
    this.cache = new RedisCache(this, 'cache', { ...config.cache, image: upstreamImage(config, 'redis') });
    this.queue = new RedisQueue(this, 'queue', { ...config.queue, image: upstreamImage(config, 'redis') });
  }
}
