import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './load';
import { freePort } from './ports';

// What the operations view of `npm start` costs its API: requests answered with the monitor on and off, turn by turn in one process,
// and the CPU time of a reading. Needs wrk.
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '6' }, seconds: { type: 'string', default: '20' } },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!(rounds > 0 && seconds >= 10)) {
  console.error('allowed: --rounds of 1 or more, --seconds of 10 or more: the monitor reads every 5 s');
  process.exit(2);
}
const connections = 32;
const readings = 200;
const intervalMilliseconds = 5000;

const say = async (product: ChildProcess, message: object | string): Promise<unknown> => {
  product.send(message);
  return (await once(product, 'message'))[0];
};

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'monitor-'));
  const [port, metricsPort] = [await freePort(), await freePort()];
  const words = [`${port}`, `${metricsPort}`, folder];
  const product = fork(path.join(__dirname, 'monitor-product.ts'), words, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const stopped = once(product, 'exit');
  try {
    const [first] = await Promise.race([once(product, 'message'), stopped]);
    if (first !== 'ready') throw new Error('the product did not start');
    await measure(product, `http://127.0.0.1:${port}`, readFileSync(path.join(folder, 'demo-api-key'), 'utf8').trim());
  } finally {
    product.kill('SIGTERM');
    await stopped;
    rmSync(folder, { recursive: true });
  }
}

async function measure(product: ChildProcess, url: string, apiKey: string): Promise<void> {
  const traffic = { path: '/api/v1/stocks/604981.SH/daily?start=2024-01-02&limit=5' };
  const perSecond = async (state: 'on' | 'off') => {
    await say(product, state);
    return (await load([url], traffic, apiKey, connections, seconds)).requestsPerSecond;
  };
  await perSecond('on');
  await say(product, 'off');
  const { milliseconds } = (await say(product, { readings })) as { milliseconds: number };
  console.log(
    `a reading with all its rules: ${milliseconds.toFixed(1)} ms of CPU, every ${intervalMilliseconds / 1000} s: ${((100 * milliseconds) / intervalMilliseconds).toFixed(2)} % of a core`,
  );
  const pairs: Array<{ on: number; off: number }> = [];
  for (let round = 0; round < rounds; round++) {
    // Who comes first changes from round to round.
    const pair = { on: 0, off: 0 };
    for (const state of round % 2 ? (['on', 'off'] as const) : (['off', 'on'] as const)) {
      pair[state] = await perSecond(state);
    }
    pairs.push(pair);
    console.log(`on ${pair.on.toFixed(0)}/s, off ${pair.off.toFixed(0)}/s, on/off ${(pair.on / pair.off).toFixed(3)}`);
  }
  const ratios = pairs.map(({ on, off }) => on / off).sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)] as number;
  console.log(
    `requests a second with the monitor / without: ${median.toFixed(3)} (${ratios[0]?.toFixed(3)} to ${ratios.at(-1)?.toFixed(3)}, ${rounds} rounds of ${seconds} s)`,
  );
  console.log(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
}

void main();
