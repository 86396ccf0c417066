import type { z } from 'zod';
import { ConfigurationError } from './configuration-error';
import { explain } from './explain';
import { problem, type Rule, show } from './rule';

/**
 * A value that keeps to a schema and to the rules between its values, frozen.
 * @throws ConfigurationError listing every problem at once: path, value, what is allowed.
 */
export function checked<Input extends { name: string }, Output>(
  schema: z.ZodType<Output, Input>,
  rules: ReadonlyArray<(value: Output) => Rule[]>,
  input: Input,
): Output {
  const parsed = schema.safeParse(input);
  const problems = parsed.success
    ? rules
        .flatMap((rule) => rule(parsed.data))
        .filter(({ isBroken }) => isBroken)
        .map(lineOf)
    : parsed.error.issues.flatMap((issue) => explain(issue, input));
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigurationError(
      `environment ${show(input?.name)}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  return deepFreeze(parsed.data);
}

const lineOf = ({ path, got, allowed }: Rule) => problem(path, got, allowed);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
