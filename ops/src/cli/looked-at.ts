import type { Command } from 'commander';
import type { AnswerOptions } from './answer';

/** Of commands that look at an environment, or at a preview. */
export interface LookOptions extends AnswerOptions {
  from?: string;
}

/** Has a command be told what it looks at. */
export const withLookedAt = (command: Command): Command =>
  withPreview(
    command.argument('[environment]', 'as config/environments names it; embedded: what npm start runs', 'embedded'),
  );

/** Has a command that is told its environment take previews as well. */
export const withPreview = (command: Command): Command =>
  command.option('--from <environment>', 'where it is a preview: the environment in whose cluster it is');
