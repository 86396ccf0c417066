import path from 'node:path';
import { destroyStack } from '../place/terraform';
import type { Step } from '../walk/walk';
import { type KeptStack, writeKept } from './kept-stack';
import { destroyName, optionsOf, type PreviewWork, workFolder } from './terraform-step';

/** A step that destroys a stack as it was applied, whatever the checkout describes. */
export function destroyStep(work: PreviewWork, stack: KeptStack): Step {
  const name = destroyName(stack.name);
  return {
    name,
    phase: 'down',
    text: `the stack ${stack.name}, by Terraform`,
    act: async () => {
      const folder = writeKept(stack, path.join(workFolder(work.root, work.journal.content.name), 'stacks'));
      await destroyStack({ name: stack.name, folder }, optionsOf(work, name, stack.name));
      return '';
    },
  };
}
