import './config/report-errors';

import { relative } from 'node:path';
import { ConfigurationError } from './config/configuration-error';
import type { EnvironmentConfig } from './config/environment';
import { environmentByName, environmentNames } from './config/environments';
import { withOverrides } from './config/overrides';
import { unreleasedDigest } from './config/versions';
import { platformApp } from './constructs/workload/app';
import { stackSummary } from './stacks/summary';
import { addSystem } from './stacks/system';

/** Synthesizes the environments that ENVIRONMENT names (all of them when it is not set) into cdktf.out. */
function main(): void {
  const folder = process.env.CDKTF_OUTDIR ?? 'cdktf.out';
  const app = writingTo(folder, () => platformApp(folder));
  const systems = chosenEnvironments().map((config) => addSystem(app, config));
  writingTo(folder, () => app.synth());
  for (const { stacks } of systems) {
    for (const stack of stacks) console.error(stackSummary(stack, relative(process.cwd(), app.outdir)));
  }
  for (const { config } of systems) warnUnreleased(config);
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

function chosenEnvironments(): EnvironmentConfig[] {
  const names: readonly string[] = process.env.ENVIRONMENT?.split(',') ?? environmentNames;
  const overrides = {
    imageRegistry: process.env.IMAGE_REGISTRY,
    applicationImage: process.env.APPLICATION_IMAGE,
    operationsImage: process.env.OPERATIONS_IMAGE,
    allowDestroy: process.env.ALLOW_DESTROY,
  };
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new ConfigurationError(`ENVIRONMENT names "${twice}" twice, allowed: each name once`);
  return names.map((name) => withOverrides(environmentByName(name), overrides));
}

function warnUnreleased({ name, images }: EnvironmentConfig): void {
  if (![images.application, images.operations].some((image) => image?.digest === unreleasedDigest)) return;
  console.error(`${name}: no release yet; put its digests into config/environments/${name}.ts before you deploy it`);
}

main();
