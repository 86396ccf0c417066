import { InvalidArgumentError } from 'commander';

/** A whole number from 1. @throws InvalidArgumentError for anything else */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('allowed: a whole number from 1');
  return Number(text);
}
