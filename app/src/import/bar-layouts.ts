import { stockBarFields } from '../market/bar-pages';
import type { DailyBar } from '../market/daily-bar';
import { closedMap } from '../runtime/closed-map';
import { type SourceName, sourceNames } from '../sources/source';
import {
  codedIn,
  dayIn,
  decimalIn,
  decimalOrNullIn,
  priceOrNullIn,
  type SourceRow,
  symbolIn,
} from '../sources/source-rows';
import { dailyColumns, tushareBarOf } from '../sources/tushare';
import { CsvFormatError } from './csv-records';

/** A form in which files hold daily bars, recognized by its columns. */
export interface BarLayout {
  name: string;
  columns: readonly string[];
  barOf(row: SourceRow): DailyBar;
  /** The source whose bars these are. */
  sourceOf(row: SourceRow): SourceName;
}

const sources = closedMap(Object.fromEntries(sourceNames.map((name) => [name, name])));

const exportedBarOf = (row: SourceRow): DailyBar => ({
  symbol: symbolIn(row, 'symbol'),
  tradeDate: dayIn(row, 'trade_date'),
  open: decimalIn(row, 'open'),
  high: decimalIn(row, 'high'),
  low: decimalIn(row, 'low'),
  close: decimalIn(row, 'close'),
  preClose: priceOrNullIn(row, 'pre_close'),
  change: decimalOrNullIn(row, 'change'),
  changePercent: decimalOrNullIn(row, 'pct_chg'),
  volumeShares: Number(decimalIn(row, 'volume')),
  amountYuan: decimalIn(row, 'amount'),
});

const layouts: readonly BarLayout[] = [
  { name: "Tushare's daily", columns: dailyColumns, barOf: tushareBarOf, sourceOf: () => 'tushare' },
  {
    name: '`stock export`',
    columns: ['symbol', ...stockBarFields],
    barOf: exportedBarOf,
    sourceOf: (row) => codedIn(row, 'source', sources),
  },
];

/** In exports of prices that are not as traded: how they were adjusted. */
export const adjustColumn = 'adjust';

const otherSeparators = closedMap({ '\t': 'tabs', ';': 'semicolons', '|': 'bars' });

function adviceOn(header: readonly string[]): string {
  const [line = ''] = header;
  const separator = [...otherSeparators].find(([character]) => header.length === 1 && line.includes(character));
  if (separator) return `its fields are separated by ${separator[1]}; write it with commas`;
  if (header.some((name) => name.includes('\r'))) return 'its lines end with CR alone; write it with LF';
  const wanted = layouts.map(({ name, columns }) => `${columns.join(',')} (${name})`);
  return `the first line must name the columns ${wanted.join(' or ')}`;
}

function requireOnce(layout: BarLayout, header: readonly string[]): BarLayout {
  const twice = layout.columns.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
  if (twice === undefined) return layout;
  throw new CsvFormatError(`the header names the column '${twice}' twice; leave one of them out`);
}

/**
 * The layout that the header of a file names.
 *
 * @throws CsvFormatError when it names none, a column twice, or prices that are adjusted
 */
export function layoutOf(header: readonly string[]): BarLayout {
  if (header.includes(adjustColumn)) {
    throw new CsvFormatError('its prices are adjusted; export them as traded, with --adjust none');
  }
  const lacking = layouts.map(({ columns }) => columns.filter((column) => !header.includes(column)));
  const complete = layouts[lacking.findIndex((columns) => columns.length === 0)];
  if (complete) return requireOnce(complete, header);
  const fewest = lacking.toSorted((a, b) => a.length - b.length)[0] ?? [];
  throw new CsvFormatError(`the header lacks ${fewest.join(', ')}; ${adviceOn(header)}`);
}
