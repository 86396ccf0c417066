import type { Sql } from '../database/sql';
import type { Rule } from '../quality/defects';

/** What tells one row of a dataset from another, and what it is about. */
export interface Identity {
  symbol: string | null;
  day: string | null;
  /** What else tells rows of a symbol and a day apart. */
  kind?: string;
}

/** What is to be known of a dataset to load it, to check it and to tell how far it reaches. */
export interface DatasetDescriptor<Row> {
  /** The table that holds it. */
  table: string;
  /** The days it may be asked for; none: it is a list, asked for as it is now. */
  days: 'past' | 'past and future' | 'none';
  /** The first day there are rows of. */
  firstDay: string;
  /** Whether it may be asked for of some stocks alone. */
  takesSymbols: boolean;
  /** Whether sources give all of it, whatever part is asked for. */
  isGivenWhole: boolean;
  /** When, in Shanghai, the rows of a trading day should be there, such as 18:00. */
  dueAt: string;
  /** A query for the latest day it reaches to, as a column of one row. */
  latestDay: Sql;
  identify(row: Row): Identity;
  /** What every row must keep; the first rule that it breaks keeps it out. */
  rules: readonly Rule<Row>[];
  /** What is unusual but happens: such rows are stored, counted and logged. */
  suspicions: readonly Rule<Row>[];
}

/** A dataset with a history: a row for each stock and day, of which what is missing is searched for. */
export interface HistoricalDescriptor<Row> extends DatasetDescriptor<Row> {
  /** How many days back `stock sync` searches. */
  daysSearched: number;
  /** The condition that there are rows of trading_calendar.day, told by an index; null where only all rows would tell. */
  isDayLoaded: Sql | null;
}
