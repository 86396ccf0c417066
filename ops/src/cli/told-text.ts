import { InvalidArgumentError } from 'commander';

const mostCharacters = 500;

/** A text that is kept and shown on the terminals of others. @throws InvalidArgumentError that says what is allowed */
export function parseToldText(text: string): string {
  const told = text.trim();
  if (told !== '' && told.length <= mostCharacters && !/\p{Cc}/u.test(told)) return told;
  throw new InvalidArgumentError(
    `allowed: one line of 1 to ${mostCharacters} characters, none of them a control character`,
  );
}
