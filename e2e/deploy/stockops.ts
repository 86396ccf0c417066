import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execute } from '../disaster/execute';

const repository = join(__dirname, '../..');

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

export interface Running {
  /** Of the application. @default that of the environment's file */
  image?: string;
  /** The number of a step of its walk in which it is killed. */
  killIn?: number;
  /** From the beginning of that step. @default at once, but while Terraform is at work where it is one of its */
  killAfterMilliseconds?: number;
  /** The checkout. @default this one */
  root?: string;
}

/** Runs stockops. */
export function stockops(words: readonly string[], running: Running = {}) {
  const { image, killIn, killAfterMilliseconds, root = repository } = running;
  const program = join(root, 'ops/src/embedded/main.ts');
  return new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...words], {
      cwd: root,
      env: { ...process.env, ...(image && { APPLICATION_IMAGE: image }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let killing: NodeJS.Timeout | undefined;
    const hear = (line: string) => {
      said += `${line}\n`;
      process.stderr.write(`    ${line}\n`);
      if (killIn !== undefined && line.trim().startsWith(`[${killIn}/`))
        killing ??= setTimeout(() => child.kill('SIGKILL'), killAfterMilliseconds ?? momentIn(line));
    };
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', hear);
    child.on('close', (status, signal) => {
      clearTimeout(killing);
      resolve({ status, signal, said });
    });
  });
}

const terraformMilliseconds = 6_000;

const momentIn = (line: string): number => (line.includes('by Terraform') ? terraformMilliseconds : 0);

/** The application's command line, where the API runs. */
export const stock = async (kubeconfig: string, namespace: string, ...words: string[]): Promise<string> => {
  const where = ['--kubeconfig', kubeconfig, '-n', namespace, 'exec', 'deployment/stock-analysis-api', '-c', 'api'];
  return (await execute('kubectl', [...where, '--', 'node', '/app/dist/stock.js', ...words])).trim();
};

/** The image that the API runs. */
export const runningImage = (kubeconfig: string, namespace: string): Promise<string> => {
  const where = ['--kubeconfig', kubeconfig, '-n', namespace, 'get', 'deployment/stock-analysis-api'];
  return execute('kubectl', [...where, '-o', 'jsonpath={.spec.template.spec.containers[0].image}']);
};
