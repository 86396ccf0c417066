import { ConfigurationError } from './configuration-error';
import { environmentNames } from './environments';

/**
 * The environments that are meant: to look at, those that are named, or all; to deploy or destroy, the one that is named, because
 * the cdktf command line would offer all that it finds.
 * @param purpose deploy or destroy; to look at when left out
 * @param names with commas between them
 * @throws ConfigurationError naming what was given, and what is allowed
 */
export function chosenNames(purpose: string | undefined, names: string | undefined): readonly string[] {
  if (purpose !== undefined && !['deploy', 'destroy'].includes(purpose))
    throw new ConfigurationError(`"${purpose}", allowed: deploy or destroy, or nothing to look at what is written`);
  const chosen = names?.split(',');
  if (purpose && chosen?.length !== 1) {
    const got = chosen ? `is "${names}"` : 'is not set';
    throw new ConfigurationError(
      `ENVIRONMENT ${got}, allowed: one of ${environmentNames.join(', ')}; \`npm run deploy -- NAME\` says it by itself`,
    );
  }
  const twice = chosen?.find((name, index) => chosen.indexOf(name) !== index);
  if (twice) throw new ConfigurationError(`ENVIRONMENT names "${twice}" twice, allowed: each name once`);
  return chosen ?? environmentNames;
}
