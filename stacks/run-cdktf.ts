import '../config/report-errors';

import { spawn } from 'node:child_process';
import { ConfigurationError } from '../config/configuration-error';
import { environmentByName, environmentNames } from '../config/environments';

const commands = ['deploy', 'destroy'];

/** Deploys or destroys all stacks of one environment, in their order. */
async function main([command = '', name, ...options]: string[]): Promise<void> {
  if (!name || name === '--help' || !commands.includes(command)) {
    console.log(usage(commands.includes(command) ? command : 'deploy'));
    process.exit(name === '--help' ? 0 : 2);
  }
  const isOption = name.startsWith('-');
  if (isOption)
    throw new ConfigurationError(`"${name}" comes before the environment: npm run ${command} -- NAME ${name}`);
  const config = environmentByName(name);
  // What describes the stacks takes a second to load, which nobody waits for who is only told how to say it.
  const [{ writeSecretsOf }, { stackNames }] = await Promise.all([
    import('./environment-secrets.js'),
    import('./system.js'),
  ]);
  if (command === 'deploy' && config.target === 'docker') writeSecretsOf(config);
  const app = `node --import tsx main.ts ${command} ${name}`;
  const words = [command, ...stackNames(config), '--app', app, ...options];
  const child = spawn(process.execPath, [require.resolve('cdktf-cli/bundle/bin/cdktf'), ...words], {
    stdio: 'inherit',
  });
  // The terminal has told cdktf itself; it ends when Terraform has given its lock back.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (status) => process.exit(status ?? 1));
}

const usage = (command: string): string => `npm run ${command} -- ENVIRONMENT [options of cdktf ${command}]

${command === 'deploy' ? 'Deploys' : 'Destroys'} all stacks of one environment (${environmentNames.join(', ')}), in their order.

  npm run ${command} -- local
  npm run ${command} -- local --auto-approve`;

main(process.argv.slice(2));
