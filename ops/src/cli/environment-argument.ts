import { Argument } from 'commander';

/** Which environment a command is about. */
export const environmentArgument = (): Argument =>
  new Argument('[environment]', 'as config/environments names it; embedded: what npm start runs').default('embedded');
