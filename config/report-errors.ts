import { ConfigurationError } from './configuration-error';

/**
 * A configuration that cannot be used ends a command with status 2 and its message alone. Imported before the
 * environments, which are checked while they are loaded.
 */
process.on('uncaughtException', (error) => {
  const expected = error instanceof ConfigurationError;
  console.error(expected ? error.message : error);
  process.exit(expected ? 2 : 1);
});
