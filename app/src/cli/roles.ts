import type { Command } from 'commander';
import { readEnvironment } from '../runtime/env';

/** The commands that run until they are told to stop. */
export const stayingRoles: readonly string[] = ['api', 'worker', 'scheduler'];

const stopSeconds = 25;
const stopSecondsBeyondJob = 20;

const loadApi = async () => (await import('../roles/api.js')).startApi;
const loadWorker = async () => (await import('../roles/worker.js')).startWorker;
const loadScheduler = async () => (await import('../roles/scheduler.js')).startScheduler;

/** Adds the processes that stay: api, worker and scheduler. */
export function addRoles(program: Command): void {
  program
    .command('api')
    .description('serve the HTTP API on HTTP_PORT; metrics and health on METRICS_PORT')
    .action(async () => {
      const environment = readEnvironment('api');
      const { runRole } = await import('../commands/run-role.js');
      await runRole('api', environment, loadApi, stopSeconds);
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
      await runRole('worker', environment, loadWorker, environment.CELERY_TASK_SOFT_TIME_LIMIT + stopSecondsBeyondJob);
    });

  program
    .command('scheduler')
    .description('start jobs at their times and hand over jobs the queue lost; metrics and health on METRICS_PORT')
    .action(async () => {
      const environment = readEnvironment('scheduler');
      const { runRole } = await import('../commands/run-role.js');
      await runRole('scheduler', environment, loadScheduler, stopSeconds);
    });
}
