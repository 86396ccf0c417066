import { ConfigurationError } from '../../config/configuration-error';
import { defineEnvironment, type EnvironmentInput } from '../../config/environment';

/** What is wrong with a configuration, one line a problem. */
export function problems(input: EnvironmentInput): string[] {
  try {
    defineEnvironment(input);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}
