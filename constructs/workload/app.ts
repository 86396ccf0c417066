import './preload';

import { App, TerraformStack } from 'cdktf';

/**
 * A cdktf app whose output depends on nothing but the description: no stack traces, which hold paths of the machine. What
 * its checks refuse is written nowhere.
 */
export class PlatformApp extends App {
  private readonly checks: Array<() => void> = [];

  constructor(outputDirectory: string) {
    super({ outdir: outputDirectory, stackTraces: false });
  }

  /** Has something asked when everything is rendered and before anything is written; what it throws ends the synthesis. */
  checkBeforeWriting(check: () => void): void {
    this.checks.push(check);
  }

  override synth(): void {
    const stacks = this.node.findAll().filter((construct) => TerraformStack.isStack(construct));
    for (const stack of stacks) stack.prepareStack();
    for (const check of this.checks) check();
    super.synth();
  }
}

export const platformApp = (outputDirectory: string): PlatformApp => new PlatformApp(outputDirectory);
