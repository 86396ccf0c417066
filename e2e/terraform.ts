import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentConfig } from '../config/environment';
import { environmentByName } from '../config/environments';
import { withOverrides } from '../config/overrides';
import { platformApp } from '../constructs/workload/app';
import { addSystem, stackNames } from '../stacks/system';

const root = join(__dirname, '..');
const outputFolder = join(root, 'cdktf.out');
const planFile = 'changed.tfplan';

/** One synthesized stack, and Terraform run in its folder. */
export interface DeployedStack {
  readonly name: string;
  /** Applies it. */
  apply(): void;
  /** Fails, with the plan, unless there is nothing to change. */
  requireEmptyPlan(): void;
  /** Names of the images of a Docker engine that are not built by it. */
  imagesToPull(): string[];
  /** What would be done, as JSON. */
  plan(): string;
  /** Addresses of what a plan would change, sorted. */
  plannedChanges(): string[];
  /** Fails unless Terraform refuses to destroy it, and says why. */
  requireProtection(): void;
  /** Its state, as text. */
  state(): string;
  destroy(): void;
}

/** Synthesizes an environment and gives its stacks in the order in which they are deployed. */
export function synthesizeStacks(environment: string, overrides: NodeJS.ProcessEnv): DeployedStack[] {
  run('node', ['--import', 'tsx', 'main.ts'], root, { ENVIRONMENT: environment, ...overrides });
  return stackNames(environmentByName(environment)).map(deployed);
}

/** Synthesizes an environment that is written nowhere and gives its stacks in the order in which they are deployed. */
export function stacksOf(config: EnvironmentConfig): DeployedStack[] {
  synthesizeInstead(config);
  return stackNames(config).map(deployed);
}

/** Synthesizes an environment as it is written nowhere, in the place of the one of its name. */
export function synthesizeInstead(config: EnvironmentConfig): void {
  const {
    IMAGE_REGISTRY: imageRegistry,
    APPLICATION_IMAGE: applicationImage,
    OPERATIONS_IMAGE: operationsImage,
  } = process.env;
  const app = platformApp(outputFolder);
  addSystem(app, withOverrides(config, { imageRegistry, applicationImage, operationsImage }));
  app.synth();
}

function deployed(name: string): DeployedStack {
  const directory = join(outputFolder, 'stacks', name);
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
    imagesToPull() {
      const { resource } = JSON.parse(readFileSync(join(directory, 'cdk.tf.json'), 'utf8')) as {
        resource: { docker_image?: Record<string, { name: string; build?: object }> };
      };
      return Object.values(resource.docker_image ?? {})
        .filter(({ build }) => !build)
        .map(({ name: image }) => image);
    },
    plan() {
      terraform('init', '-input=false', '-no-color');
      terraform('plan', '-input=false', '-no-color', `-out=${planFile}`);
      const plan = terraform('show', '-json', planFile);
      rmSync(join(directory, planFile));
      return plan;
    },
    plannedChanges() {
      const { resource_changes: changes } = JSON.parse(this.plan()) as {
        resource_changes: Array<{ address: string; change: { actions: string[] } }>;
      };
      return changes
        .filter(({ change: { actions } }) => actions.join() !== 'no-op')
        .map(({ address }) => address)
        .sort();
    },
    requireProtection() {
      const args = ['plan', '-destroy', '-input=false', '-no-color'];
      const { status, stderr } = spawnSync('terraform', args, { cwd: directory, encoding: 'utf8' });
      assert.equal(status, 1, `${name}: would be destroyed`);
      assert.match(stderr, /Instance cannot be destroyed/);
    },
    state: () => terraform('state', 'pull'),
    destroy() {
      // What was applied by others is destroyed too.
      terraform('init', '-input=false', '-no-color');
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
