import { sql } from '../database/sql';
import type { CalendarDay } from '../market/dataset';
import { writtenDay } from '../quality/defects';
import type { DatasetDescriptor } from './descriptor';

/** The days on which exchanges trade. */
export const tradeCal: DatasetDescriptor<CalendarDay> = {
  table: 'trading_calendar',
  days: 'past and future',
  firstDay: '1990-12-19',
  takesSymbols: false,
  isGivenWhole: true,
  dueAt: '00:00',
  latestDay: sql`SELECT max(day) FROM trading_calendar`,
  identify: ({ exchange, day }) => ({ symbol: null, day, kind: exchange }),
  rules: [({ day }) => writtenDay('day', day)],
  suspicions: [],
};
