import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Enough for the requests of requests.lua: 60SSSS.SH for 1000 stocks, 250 weekdays from the first day of 2023. */
export const sampleStocks = 1000;
const sampleDays = 250;
const firstDay = Date.UTC(2023, 0, 2);
const millisecondsPerDay = 24 * 3600 * 1000;

export const sampleSymbol = (index: number): string => `60${String(index).padStart(4, '0')}.SH`;

function* weekdays(count: number): Generator<string> {
  for (let moment = firstDay, found = 0; found < count; moment += millisecondsPerDay) {
    const day = new Date(moment);
    if (day.getUTCDay() === 0 || day.getUTCDay() === 6) continue;
    found++;
    yield day.toISOString().slice(0, 10).replaceAll('-', '');
  }
}

// A multiplicative generator (Lehmer, as in C++'s minstd_rand): the same numbers in every run.
function numbers(): () => number {
  let state = 20230102;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Writes rows as Tushare's `daily` gives them, gzipped, the same in every run; prices walk at random. */
export async function writeSampleFile(file: string): Promise<void> {
  const random = numbers();
  const days = [...weekdays(sampleDays)];
  const gzip = createGzip({ level: 6 });
  const written = pipeline(gzip, createWriteStream(file));
  gzip.write('ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n');
  for (let stock = 0; stock < sampleStocks; stock++) {
    let previous = 500 + Math.floor(random() * 9500);
    let text = '';
    for (const day of days) {
      const near = (cents: number) => Math.max(100, Math.round(cents * (0.98 + random() * 0.04)));
      const [open, close] = [near(previous), near(previous)];
      const high = Math.ceil(Math.max(open, close) * (1 + random() * 0.01));
      const low = Math.floor(Math.min(open, close) * (1 - random() * 0.01));
      const yuan = (cents: number) => String(cents / 100);
      const lots = Math.round(random() * 1e7) / 100;
      const values = [open, high, low, close, previous].map(yuan);
      const change = yuan(close - previous);
      const percent = String(Math.round((close / previous - 1) * 1e6) / 1e4);
      const thousandYuan = String(Math.round((lots * (high + low)) / 2) / 1000);
      text += `${sampleSymbol(stock)},${day},${values.join(',')},${change},${percent},${lots},${thousandYuan}\n`;
      previous = close;
    }
    if (!gzip.write(text)) await once(gzip, 'drain');
  }
  gzip.end();
  await written;
}
