import type { Command } from 'commander';
import { UsageError } from '../runtime/usage-error';
import { exitCodes, print } from './terminal';

/** Adds `stock healthcheck`. */
export function addHealthcheck(program: Command): void {
  program
    .command('healthcheck')
    .description('ask the role in this container whether it is live or ready: exit code 0 or 1')
    .argument('[kind]', 'live: it answers; ready: it has started and is not stopping', 'ready')
    .addHelpText('after', '\nAsks http://127.0.0.1:METRICS_PORT, where every role answers.')
    .action(async (kind: string) => {
      if (kind !== 'live' && kind !== 'ready') throw new UsageError(`'${kind}' is unknown; allowed: live, ready`);
      const { checkHealth } = await import('../commands/healthcheck.js');
      const { isHealthy, answer } = await checkHealth(kind);
      print(answer);
      if (!isHealthy) process.exitCode = exitCodes.failure;
    });
}
