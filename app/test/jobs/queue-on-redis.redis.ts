import { describeQueue } from '../support/queue-behaviour';

describeQueue('Redis', () => ({
  QUEUE_URL: `${process.env.TEST_REDIS_SERVER}/1`,
  QUEUE_PASSWORD: process.env.TEST_REDIS_PASSWORD,
}));
