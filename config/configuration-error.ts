/** A configuration that cannot be used; the message names each value, what is allowed and where it stands. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
