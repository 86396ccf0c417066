import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../bench/ports';
import { userName } from '../../constructs/elasticsearch/elasticsearch-users';
import { snapshotRepository } from '../../constructs/elasticsearch/snapshot-repository';
import { allStreamsOf } from '../../constructs/log-setup/requests';
import { until } from '../until';
import { logstashStandIn } from './logstash-stand-in';

/** The program that watches the logs, as its workload starts it, beside a Logstash of ours. */
export async function startWatch(elasticsearch: string, environment: string, password: string, folder: string) {
  const files = join(folder, 'watch');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, 'elasticsearch-password'), password);
  const logstash = await logstashStandIn();
  const port = await freePort();
  const script = join(__dirname, '../../constructs/logstash/watch-logs.mjs');
  const words = [
    `${port}`,
    elasticsearch,
    userName('observer'),
    allStreamsOf(environment),
    logstash.url,
    files,
    snapshotRepository.name,
  ];
  const child = spawn('node', [script, ...words], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}`;
  assert.ok(await until(10, async () => (await fetch(url)).ok), 'the watch of the logs answers');
  return {
    url: `${url}/metrics`,
    stopLogstash: logstash.stop,
    stop: async () => {
      logstash.stop();
      child.kill();
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

type Store = (component: string, document: object) => Promise<void>;

/** What it tells of lines of now, and of the one snapshot there is, while both answer, without Logstash, and with a password that is refused. */
export async function checkWatch(
  url: string,
  environment: string,
  password: string,
  folder: string,
  snapshotAt: number,
  store: Store,
) {
  const now = Date.now();
  const line = (secondsAgo: number, agent: string, more = {}) => ({
    '@timestamp': new Date(now - secondsAgo * 1000).toISOString(),
    agent: { name: agent },
    message: 'a line',
    ...more,
  });
  const reported = (dropped: number) => ({ monitoring: { metrics: { libbeat: { output: { events: { dropped } } } } } });
  await store('api', line(400, 'node-1'));
  await store('api', line(300, 'node-1'));
  await store('api', line(30, 'node-2'));
  await store('api', line(-86_400, 'node-2'));
  await store('api', line(10, 'no "name"'));
  await store('filebeat', line(20, 'node-1', reported(3)));
  await store('filebeat', line(50, 'node-1', reported(4)));
  await store('filebeat', line(4000, 'node-1', reported(100)));

  const watch = await startWatch(url, environment, password, folder);
  try {
    const told = await samplesOf(watch.url);
    const written = (secondsAgo: number) => (now - secondsAgo * 1000) / 1000;
    assert.equal(told.get('stock_logs_newest_timestamp_seconds{component="api",agent="node-1"}'), written(300));
    assert.equal(told.get('stock_logs_newest_timestamp_seconds{component="api",agent="node-2"}'), written(30));
    assert.equal(told.get('stock_logs_agent_dropped_lines{agent="node-1"}'), 7);
    assert.ok(![...told.keys()].some((name) => name.includes('no ')));
    assert.equal(told.get('stock_logs_queue_lines'), 20);
    assert.equal(told.get('stock_logs_refused_lines_total'), 7);
    assert.equal(told.get('stock_logs_lost_lines_total'), 5);
    assert.equal(told.get('stock_logs_answered{server="snapshots"}'), 1);
    assert.equal(told.get('stock_logs_snapshots{state="success"}'), 1);
    assert.equal(told.get('stock_logs_snapshot_last_success_timestamp_seconds'), snapshotAt / 1000);
    watch.stopLogstash();
    const without = await samplesOf(watch.url);
    assert.equal(without.get('stock_logs_answered{server="logstash"}'), 0);
    assert.equal(without.get('stock_logs_answered{server="elasticsearch"}'), 1);
    assert.equal(without.get('stock_logs_queue_lines'), undefined);
  } finally {
    await watch.stop();
  }
  const refused = await startWatch(url, environment, 'wrong', folder);
  try {
    const told = await samplesOf(refused.url);
    assert.equal(told.get('stock_logs_answered{server="elasticsearch"}'), 0);
    assert.equal(told.get('stock_logs_answered{server="logstash"}'), 1);
  } finally {
    await refused.stop();
  }
}

/** Values by name and labels. */
async function samplesOf(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(url)).text();
  const lines = text.split('\n').filter((each) => each && !each.startsWith('#'));
  return new Map(lines.map((each) => [each.slice(0, each.lastIndexOf(' ')), Number(each.split(' ').at(-1))]));
}
