import type { Suspension } from '../market/dataset';
import { writtenDay } from '../quality/defects';
import type { HistoricalDescriptor } from './descriptor';
import { isWhollyLoaded, lastWholeLoad } from './last-whole-load';

/** The days on which stocks are suspended or resume. On some days none is, so rows do not tell how far it reaches. */
export const suspend: HistoricalDescriptor<Suspension> = {
  table: 'suspension',
  days: 'past',
  firstDay: '1990-01-01',
  takesSymbols: true,
  isGivenWhole: false,
  dueAt: '09:30',
  latestDay: lastWholeLoad('suspend'),
  daysSearched: 30,
  isDayLoaded: isWhollyLoaded('suspend'),
  identify: ({ symbol, day, kind, timing }) => ({ symbol, day, kind: `${kind} ${timing}` }),
  rules: [({ day }) => writtenDay('day', day)],
  suspicions: [],
};
