import { Argument, type Command } from 'commander';
import { readOperationsEnvironment } from '../environment';
import { Refusal } from '../failures';
import { type AnswerOptions, answer, exitCodeHelp } from './answer';

const timeoutSeconds = 3;

/** Adds `stockops healthcheck`. */
export function addHealthcheck(program: Command): void {
  program
    .command('healthcheck')
    .description('ask the `stockops backup serve` of this container how it is')
    .addArgument(new Argument('<question>', 'whether it answers, or has met its store').choices(['live', 'ready']))
    .option('--json', 'print JSON')
    .addHelpText('afterAll', exitCodeHelp)
    .action((question: string, options: AnswerOptions) =>
      answer('healthcheck', options, async () => {
        const { METRICS_PORT } = readOperationsEnvironment('healthcheck');
        const url = `http://127.0.0.1:${METRICS_PORT}/health/${question}`;
        const response = await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1000) }).catch((error) => {
          throw new Refusal(`${url} does not answer (${error.cause?.code ?? error.message})`);
        });
        return { json: { question }, ok: response.ok, lines: [await response.text()] };
      }),
    );
}
