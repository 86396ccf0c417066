import './config/report-errors';

import { relative } from 'node:path';
import { chosenNames } from './config/chosen-names';
import { ConfigurationError } from './config/configuration-error';
import type { EnvironmentConfig } from './config/environment';
import { environmentByName } from './config/environments';
import { withOverrides } from './config/overrides';
import { raisedPreview } from './config/raised-preview';
import { platformApp } from './constructs/workload/app';
import { placeProviderLock } from './stacks/provider-locks';
import { obstaclesOf, wholeText } from './stacks/pullable';
import { stackSummary } from './stacks/summary';
import { addSystem, withSystem } from './stacks/system';

/**
 * Synthesizes environments into cdktf.out. `main.ts`: those that ENVIRONMENT names, or all, to look at; PREVIEW describes one more. `main.ts deploy|destroy [NAME]`: one,
 * which the cdktf command line works on next.
 */
function main([purpose, name = process.env.ENVIRONMENT]: string[]): void {
  const configs = chosenEnvironments(purpose, name);
  if (purpose === 'deploy') refuseUndeployable(configs);
  const folder = process.env.CDKTF_OUTDIR ?? 'cdktf.out';
  const app = writingTo(folder, () => platformApp(folder));
  const systems = configs.map((config) => addSystem(app, config));
  writingTo(folder, () => app.synth());
  for (const { stacks } of systems) {
    for (const stack of stacks) {
      placeProviderLock(stack.node.id, app.outdir);
      console.error(stackSummary(stack, relative(process.cwd(), app.outdir)));
    }
  }
  const obstacles = systems.flatMap(obstaclesOf);
  if (obstacles.length > 0) console.error('cannot be deployed yet; npm run deploy -- ENVIRONMENT names the images:');
  for (const { text } of obstacles) console.error(`  ${text}`);
}

/** @throws ConfigurationError when the folder cannot be written */
function writingTo<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (!code || !path) throw error;
    const advice = `make ${folder} writable, or name another folder in CDKTF_OUTDIR`;
    throw new ConfigurationError(`cannot write ${path} (${code}); ${advice}`);
  }
}

function chosenEnvironments(purpose: string | undefined, name: string | undefined): EnvironmentConfig[] {
  const overrides = {
    imageRegistry: process.env.IMAGE_REGISTRY,
    applicationImage: process.env.APPLICATION_IMAGE,
    operationsImage: process.env.OPERATIONS_IMAGE,
    allowDestroy: process.env.ALLOW_DESTROY,
  };
  const preview = process.env.PREVIEW ? raisedPreview(process.env.PREVIEW) : undefined;
  const configOf = (each: string) => (each === preview?.name ? preview : environmentByName(each));
  return chosenNames(purpose, name).map((each) => withOverrides(configOf(each), overrides));
}

/** @throws ConfigurationError where an image is to be run that nobody can pull, or that nobody has determined */
function refuseUndeployable(configs: readonly EnvironmentConfig[]): void {
  const obstacles = configs.flatMap((config) => withSystem(config, obstaclesOf));
  if (obstacles.length > 0) throw new ConfigurationError(obstacles.map(wholeText).join('\n'));
}

main(process.argv.slice(2));
