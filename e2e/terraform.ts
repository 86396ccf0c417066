import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { environmentByName } from '../config/environments';
import { stackNames } from '../stacks/system';

const root = join(__dirname, '..');

/** One synthesized stack, and Terraform run in its folder. */
export interface DeployedStack {
  readonly name: string;
  /** Applies it. */
  apply(): void;
  /** Fails, with the plan, unless there is nothing to change. */
  requireEmptyPlan(): void;
  /** Its state, as text. */
  state(): string;
  destroy(): void;
}

/** Synthesizes an environment and gives its stacks in the order in which they are deployed. */
export function synthesizeStacks(environment: string, overrides: NodeJS.ProcessEnv): DeployedStack[] {
  run('node', ['--import', 'tsx', 'main.ts'], root, { ENVIRONMENT: environment, ...overrides });
  return stackNames(environmentByName(environment)).map(deployed);
}

function deployed(name: string): DeployedStack {
  const directory = join(root, 'cdktf.out/stacks', name);
  const terraform = (...args: string[]) => run('terraform', args, directory);
  return {
    name,
    apply() {
      terraform('init', '-input=false', '-no-color');
      step(`apply ${name}`, () => terraform('apply', '-input=false', '-auto-approve', '-no-color'));
    },
    requireEmptyPlan() {
      step(`plan ${name} again`, () => {
        const args = ['plan', '-input=false', '-detailed-exitcode', '-no-color'];
        const { status, stdout, stderr } = spawnSync('terraform', args, { cwd: directory, encoding: 'utf8' });
        if (status !== 0) throw new Error(`${name}: a second plan is not empty:\n${stdout}${stderr}`);
      });
    },
    state: () => terraform('state', 'pull'),
    destroy() {
      step(`destroy ${name}`, () => terraform('destroy', '-input=false', '-auto-approve', '-no-color'));
    },
  };
}

/** Runs a command to its end and gives what it printed; its output is the error when it fails. */
export function run(command: string, args: string[], cwd = root, environment: NodeJS.ProcessEnv = {}): string {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ...environment },
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}: ${message}\n${stdout}\n${stderr}`);
  }
}

/** Says what is done and how long it took. */
export function step<T>(title: string, action: () => T): T {
  const began = performance.now();
  process.stderr.write(`${title} ...`);
  const result = action();
  process.stderr.write(` ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  return result;
}
