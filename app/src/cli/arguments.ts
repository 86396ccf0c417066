import { InvalidArgumentError } from 'commander';
import { type Dataset, datasets } from '../market/dataset';
import { parseSymbol, SymbolError } from '../market/symbol';
import { isDay } from '../market/trading-day';

// What commands take, read in one way.

/** The parts of a comma-separated text. */
export const parseList = (text: string): string[] => text.split(',').map((part) => part.trim());

export function parseDay(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError(`'${text}' is not a day; write it as 2024-01-31`);
}

export function parseYear(text: string): number {
  const year = Number(text);
  if (Number.isInteger(year) && year >= 1990 && year <= 2100) return year;
  throw new InvalidArgumentError(`'${text}' is not a year; allowed: 1990 to 2100`);
}

export function parseDataset(text: string): Dataset {
  const found = datasets.find((dataset) => dataset === text);
  if (found) return found;
  throw new InvalidArgumentError(`'${text}' is not a dataset; allowed: ${datasets.join(', ')}`);
}

export const parseDatasets = (text: string): Dataset[] => parseList(text).map(parseDataset);

/** Canonical symbols, each once, in order. */
export function parseSymbols(text: string): string[] {
  try {
    return [...new Set(parseList(text).map(parseSymbol))].sort();
  } catch (error) {
    throw error instanceof SymbolError ? new InvalidArgumentError(error.message) : error;
  }
}
