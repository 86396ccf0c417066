// Tells Prometheus what Elasticsearch and Logstash know of the logs: how new their newest lines and copies are, how many wait, and how many are lost.
// node watch-logs.mjs PORT ELASTICSEARCH USER STREAMS LOGSTASH FOLDER [REPOSITORY of snapshots]: the folder has the user's password in elasticsearch-password.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** Shorter than the time that Prometheus waits: that one of the two does not answer is told, instead of nothing. */
const askMilliseconds = 7000;

const [port, elasticsearch, user, streams, logstash, folder, repository] = process.argv.slice(2);
const password = readFileSync(join(folder, 'elasticsearch-password'), 'utf8').trim();
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The agents of one part of the lines, each with a number of its own. */
const byAgent = (number) => ({ terms: { field: 'agent.name', size: 100, missing: 'unknown' }, aggs: { number } });

/** Numbers of lines, and no line. */
const search = {
  size: 0,
  // A line of tomorrow would hide that those of today are late.
  query: { range: { '@timestamp': { gte: 'now-1d', lte: 'now+1m' } } },
  aggs: {
    components: {
      terms: { field: 'data_stream.dataset', size: 50 },
      aggs: { agents: byAgent({ max: { field: '@timestamp' } }) },
    },
    // Every half minute Filebeat logs what became of its lines since.
    filebeat: {
      filter: {
        bool: {
          filter: [
            { term: { 'data_stream.dataset': 'stock.filebeat' } },
            { range: { '@timestamp': { gte: 'now-15m' } } },
          ],
        },
      },
      aggs: { agents: byAgent({ sum: { field: 'monitoring.metrics.libbeat.output.events.dropped' } }) },
    },
  },
};

/** Names of machines and pods; what a line says instead becomes no label. */
const isName = ({ key }) => /^[\w.-]{1,100}$/.test(key);

async function askElasticsearch() {
  const { aggregations } = await ask(`${elasticsearch}/${streams}/_search?allow_partial_search_results=false`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(search),
  });
  // No stream yet, no numbers.
  const { components, filebeat } = aggregations ?? {
    components: { buckets: [] },
    filebeat: { agents: { buckets: [] } },
  };
  const newest = components.buckets.filter(isName).flatMap(({ key, agents }) =>
    agents.buckets.filter(isName).map((agent) => ({
      labels: { component: key.replace(/^stock\./, ''), agent: agent.key },
      value: agent.number.value / 1000,
    })),
  );
  const dropped = filebeat.agents.buckets
    .filter(isName)
    .map((agent) => ({ labels: { agent: agent.key }, value: agent.number.value }));
  return [
    family('stock_logs_newest_timestamp_seconds', 'gauge', 'When the newest line that is stored was written.', newest),
    family('stock_logs_agent_dropped_lines', 'gauge', 'Lines that an agent gave up in 15 minutes.', dropped),
  ];
}

/** Of what is made every night: what people make besides is theirs. */
async function askSnapshots() {
  const { snapshots } = await ask(`${elasticsearch}/_snapshot/${repository}/logs-*`, { headers: { authorization } });
  const whole = snapshots.filter(({ state }) => state === 'SUCCESS');
  const newest = Math.max(...whole.map((each) => each.start_time_in_millis));
  const counts = ['SUCCESS', 'PARTIAL', 'FAILED', 'IN_PROGRESS'].map((state) => ({
    labels: { state: state.toLowerCase() },
    value: snapshots.filter((each) => each.state === state).length,
  }));
  return [
    family(
      'stock_logs_snapshot_last_success_timestamp_seconds',
      'gauge',
      'When the newest whole snapshot of the logs was begun.',
      whole.length > 0 ? [{ labels: {}, value: newest / 1000 }] : [],
    ),
    family('stock_logs_snapshots', 'gauge', 'Snapshots of the logs there are.', counts),
  ];
}

async function askLogstash() {
  const { pipelines } = await ask(`${logstash}/_node/stats/pipelines`);
  const { events, queue, dead_letter_queue: deadLetters, plugins } = pipelines.main;
  const documents = (kind) => plugins.outputs.reduce((sum, { documents }) => sum + (documents?.[kind] ?? 0), 0);
  const one = (name, type, help, value) => family(name, type, help, [{ labels: {}, value }]);
  return [
    one('stock_logs_received_lines_total', 'counter', 'Lines that Logstash got.', events.in),
    one('stock_logs_sent_lines_total', 'counter', 'Lines that Logstash is done with.', events.out),
    one('stock_logs_queue_lines', 'gauge', 'Lines that wait for Elasticsearch.', queue.events_count),
    one('stock_logs_queue_bytes', 'gauge', 'What waits on the disk.', queue.queue_size_in_bytes),
    one('stock_logs_queue_limit_bytes', 'gauge', 'What may wait.', queue.max_queue_size_in_bytes),
    one('stock_logs_refused_lines_total', 'counter', 'Lines that Elasticsearch refused.', documents('dlq_routed')),
    one('stock_logs_refused_bytes', 'gauge', 'What is kept of them.', deadLetters.queue_size_in_bytes),
    one('stock_logs_refused_limit_bytes', 'gauge', 'What may be kept.', deadLetters.max_queue_size_in_bytes),
    one(
      'stock_logs_lost_lines_total',
      'counter',
      'Refused lines that are not kept, or not any more.',
      deadLetters.dropped_events + documents('non_retryable_failures'),
    ),
  ];
}

async function ask(url, options = {}) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(askMilliseconds) });
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 500)}`);
  return response.json();
}

/** What one of them tells, and whether it does. */
async function told(server, askIt) {
  const answered = (value) => ({ labels: { server }, value });
  try {
    return { families: await askIt(), answered: answered(1) };
  } catch (error) {
    console.error(`${server}: ${error.cause?.message ?? error.message}`);
    return { families: [], answered: answered(0) };
  }
}

async function metrics() {
  const all = await Promise.all([
    told('elasticsearch', askElasticsearch),
    told('logstash', askLogstash),
    ...(repository ? [told('snapshots', askSnapshots)] : []),
  ]);
  const answered = all.map((each) => each.answered);
  return [
    family('stock_logs_answered', 'gauge', 'Whether it told what it knows of the logs.', answered),
    ...all.flatMap(({ families }) => families),
  ].join('');
}

function family(name, type, help, samples) {
  const lines = samples.map(({ labels, value }) => `${name}${labelsOf(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelsOf(labels) {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${text}"`);
  return pairs.length === 0 ? '' : `{${pairs.join()}}`;
}

const server = createServer(async ({ url }, response) => {
  if (url !== '/metrics') return response.end('metrics of the logs: /metrics\n');
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  response.end(await metrics());
});
server.listen(Number(port));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
