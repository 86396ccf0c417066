import { InvalidArgumentError } from 'commander';

/** A moment with its offset: a time of day alone would be another in another place. @throws InvalidArgumentError */
export function parseMoment(text: string): Date {
  const isWhole = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const moment = new Date(text);
  if (!isWhole || Number.isNaN(moment.getTime())) {
    throw new InvalidArgumentError('allowed: a moment with its offset, such as 2026-11-26T14:00:00+08:00');
  }
  if (moment.getTime() > Date.now()) throw new InvalidArgumentError('it is to come; allowed: a moment that has been');
  return moment;
}
