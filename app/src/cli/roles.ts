import type { Command } from 'commander';
import { readEnvironment } from '../env';

const stopSeconds = 25;
const stopSecondsBeyondJob = 20;

/** Adds the processes that stay: api, worker and scheduler. */
export function addRoles(program: Command): void {
  program
    .command('api')
    .description('serve the HTTP API on HTTP_PORT; metrics and health on METRICS_PORT')
    .action(async () => {
      const environment = readEnvironment('api');
      const { runRole } = await import('../commands/run-role.js');
      const { startApi } = await import('../roles/api.js');
      await runRole('api', environment, startApi, stopSeconds);
    });

  program
    .command('worker')
    .description('run jobs from the queue; metrics and health on METRICS_PORT')
    .addHelpText(
      'after',
      '\nTold to stop, it finishes its jobs first: give it CELERY_TASK_SOFT_TIME_LIMIT and 30 s more.',
    )
    .action(async () => {
      const environment = readEnvironment('worker');
      const { runRole } = await import('../commands/run-role.js');
      const { startWorker } = await import('../roles/worker.js');
      await runRole('worker', environment, startWorker, environment.CELERY_TASK_SOFT_TIME_LIMIT + stopSecondsBeyondJob);
    });

  program
    .command('scheduler')
    .description('start jobs at their times and hand over jobs the queue lost; metrics and health on METRICS_PORT')
    .action(async () => {
      const environment = readEnvironment('scheduler');
      const { runRole } = await import('../commands/run-role.js');
      const { startScheduler } = await import('../roles/scheduler.js');
      await runRole('scheduler', environment, startScheduler, stopSeconds);
    });
}
