import { describeQueue } from '../support/queue-behaviour';
import { redisUrl } from '../support/start-redis';

describeQueue('Redis', (_database, who) => ({
  QUEUE_URL: redisUrl(who === 'owner' ? 'default' : `queue-${who}`, 1),
  QUEUE_PASSWORD: process.env.TEST_REDIS_PASSWORD,
}));
