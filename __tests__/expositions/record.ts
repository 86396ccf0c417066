import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapeOf } from './exposition';

// Keeps the shape of what processes tell that are running now, and of which version a process of others is:
// record.ts api=http://127.0.0.1:8001/metrics 'redis-exporter=http://127.0.0.1:9121/metrics of redis_exporter 1.89.0' …
// What answers nobody without a login is asked by what has one, into a file: 'kubelet=/tmp/kubelet.txt of kubelet 1.34.4'.
const given = process.argv.slice(2).map((argument) => /^([a-z-]+)=(http\S+|\/\S+)(?: of (.+))?$/.exec(argument));
if (given.length === 0 || given.includes(null)) {
  throw new Error(
    'allowed: NAME=URL, or "NAME=URL of PROGRAM VERSION", as in api=http://127.0.0.1:8001/metrics, or the absolute path of a file instead of the URL; `npm start` prints the addresses',
  );
}

async function told(url: string): Promise<string> {
  if (url.startsWith('/')) return readFileSync(url, 'utf8');
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return response.text();
}

async function record(): Promise<void> {
  for (const found of given) {
    const [, name = '', url = '', program] = found ?? [];
    const header = program ? `# Recorded from ${program}.\n` : '';
    writeFileSync(join(__dirname, `${name}.prom`), `${header}${shapeOf(await told(url))}\n`);
    console.log(`recorded ${name}`);
  }
}

void record();
