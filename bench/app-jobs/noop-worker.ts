import { pino } from 'pino';
import { openWorker } from '../../app/src/jobs/queue';

/** A worker of the application's queue, with its settings, whose jobs do nothing. */
const environment = {
  QUEUE_URL: process.env.QUEUE_URL ?? '',
  QUEUE_PASSWORD: undefined,
};
const concurrency = Number(process.env.CELERY_WORKER_CONCURRENCY);
const worker = openWorker(environment, { concurrency }, async () => 'completed', pino({ level: 'warn' }));
process.once('SIGTERM', () => {
  worker.close().then(() => process.exit(0));
});
worker.run();
