import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { SynthesizedStack } from '../place/synthesized';

const settings = z.record(z.string(), z.unknown());

export const keptStack = z.strictObject({
  name: z.string(),
  /** Providers, and where the state is. */
  terraform: z.looseObject({ backend: z.record(z.string(), settings) }),
  provider: z.record(z.string(), z.array(settings)),
});

/** All of a stack that Terraform needs to destroy what its state has: no checkout that describes its resources. */
export type KeptStack = z.output<typeof keptStack>;

const fileName = 'cdk.tf.json';

export function keepStack({ name, folder }: SynthesizedStack): KeptStack {
  const { terraform, provider } = JSON.parse(readFileSync(path.join(folder, fileName), 'utf8'));
  return keptStack.parse({ name, terraform, provider });
}

/** Puts it where Terraform can run. @returns its folder */
export function writeKept({ name, terraform, provider }: KeptStack, below: string): string {
  const folder = path.join(below, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, fileName), JSON.stringify({ terraform, provider }));
  return folder;
}
