import { sql } from '../database/sql';
import type { Quote } from '../market/dataset';
import { quoteInOrder } from '../quality/defects';
import type { DatasetDescriptor } from './descriptor';

/** The quotes of the current session. */
export const realtime: DatasetDescriptor<Quote> = {
  table: 'quote',
  days: 'none',
  firstDay: '1990-01-01',
  takesSymbols: true,
  isGivenWhole: false,
  dueAt: '10:00',
  latestDay: sql`SELECT (max(quoted_at) AT TIME ZONE 'Asia/Shanghai')::date FROM quote`,
  identify: ({ symbol }) => ({ symbol, day: null }),
  rules: [quoteInOrder],
  suspicions: [],
};
