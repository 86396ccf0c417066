import './config/report-errors';

import { relative } from 'node:path';
import { ConfigurationError } from './config/configuration-error';
import { type EnvironmentConfig, environmentNames } from './config/environment';
import { environmentByName } from './config/environments';
import { withOverrides } from './config/overrides';
import { unreleasedDigest } from './config/versions';
import { platformApp, synthesize } from './constructs/workload/app';
import { stackSummary } from './stacks/summary';
import { addSystem } from './stacks/system';

/** Synthesizes the environments that ENVIRONMENT names (all of them when it is not set) into cdktf.out. */
function main(): void {
  const app = platformApp(process.env.CDKTF_OUTDIR ?? 'cdktf.out');
  const systems = chosenEnvironments().map((config) => addSystem(app, config));
  synthesize(app);
  for (const { stacks } of systems) {
    for (const stack of stacks) console.error(stackSummary(stack, relative(process.cwd(), app.outdir)));
  }
  for (const { environment } of systems) warnUnreleased(environment.config);
}

function chosenEnvironments(): EnvironmentConfig[] {
  const names: readonly string[] = process.env.ENVIRONMENT?.split(',') ?? environmentNames;
  const overrides = {
    imageRegistry: process.env.IMAGE_REGISTRY,
    applicationImage: process.env.APPLICATION_IMAGE,
    allowDestroy: process.env.ALLOW_DESTROY,
  };
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new ConfigurationError(`ENVIRONMENT names "${twice}" twice, allowed: each name once`);
  return names.map((name) => withOverrides(environmentByName(name), overrides));
}

function warnUnreleased({ name, image }: EnvironmentConfig): void {
  if (image.digest !== unreleasedDigest) return;
  console.error(
    `${name}: no release yet; put the digest of one into config/environments/${name}.ts before you deploy it`,
  );
}

main();
