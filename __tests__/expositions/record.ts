import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapeOf } from './exposition';

// Keeps the shape of what processes tell that are running now: record.ts api=http://127.0.0.1:8001/metrics …
const given = process.argv.slice(2).map((argument) => /^([a-z-]+)=(http.*)$/.exec(argument));
if (given.length === 0 || given.includes(null)) {
  throw new Error('allowed: NAME=URL …, as in api=http://127.0.0.1:8001/metrics; `npm start` prints the addresses');
}
async function record(): Promise<void> {
  for (const found of given) {
    const [, name = '', url = ''] = found ?? [];
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: status ${response.status}`);
    writeFileSync(join(__dirname, `${name}.prom`), `${shapeOf(await response.text())}\n`);
    console.log(`recorded ${name}`);
  }
}

void record();
