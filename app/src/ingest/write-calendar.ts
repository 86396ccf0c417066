import type { DatabaseClient } from '../database/pool';
import type { CalendarDay } from '../market/dataset';
import { byRank, copyLine, mergeRows, type Origin, type TargetTable, type WriteResult } from './merge-rows';

const table: TargetTable = {
  name: 'trading_calendar',
  key: ['day', 'exchange'],
  values: ['is_open'],
  changedAt: 'updated_at',
  mayReplace: byRank,
};

/** Writes days of the trading calendar. */
export const writeCalendar = (
  client: DatabaseClient,
  { source, outrankedBy }: Origin,
  days: readonly CalendarDay[],
): Promise<WriteResult> =>
  mergeRows(
    client,
    table,
    outrankedBy,
    days.map(({ day, exchange, isOpen }) => copyLine([day, exchange, isOpen, source])),
  );
