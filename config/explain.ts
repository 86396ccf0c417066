import type { z } from 'zod';
import { problem, show } from './rule';

/** One line for each violation of a schema, in the same form as the lines of the rules. */
export function explain(issue: z.core.$ZodIssue, input: unknown): string[] {
  const path = issue.path.join('.') || '(the whole environment)';
  const got = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => `${[...issue.path, key].join('.')}: unknown key; remove it or correct its name`);
    case 'invalid_value':
      return [problem(path, got, issue.values.map(show).join(', '))];
    case 'invalid_union':
      return [problem(path, got, unionMeaning(issue))];
    case 'invalid_key':
      return issue.issues.map(({ message }) => problem(issue.path.slice(0, -1).join('.'), issue.path.at(-1), message));
    case 'too_small':
      return [problem(path, got, isNumeric(issue.origin) ? `${issue.minimum} or more` : issue.message)];
    case 'too_big':
      return [problem(path, got, isNumeric(issue.origin) ? `${issue.maximum} or less` : issue.message)];
    case 'invalid_type':
      return [
        problem(path, got, /int|number/.test(issue.expected) ? 'a whole number' : `a value of type ${issue.expected}`),
      ];
    default:
      return [problem(path, got, issue.message)];
  }
}

const isNumeric = (origin: string) => origin === 'number' || origin === 'int';

/** A union is told apart by a field that names its kinds, and the path is that field's; or by its form, which its message says. */
const unionMeaning = (issue: z.core.$ZodIssueInvalidUnion) =>
  'options' in issue && issue.options ? issue.options.map(show).join(', ') : issue.message;
