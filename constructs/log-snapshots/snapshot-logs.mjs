// Has Elasticsearch make a snapshot of the logs, waits for its end, and takes away those that no rule keeps.
// node snapshot-logs.mjs URL USER FOLDER REPOSITORY STREAMS DAYS LEAST MOST: the folder has the user's password in elasticsearch-password.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const lookMilliseconds = 2000;
const requestMilliseconds = 60_000;
const dayMilliseconds = 86_400_000;
/** Begins the names of what this program makes, and alone takes away. */
const prefix = 'logs-';

const [url, user, folder, repository, streams, ...keep] = process.argv.slice(2);
const [days, least, most] = keep.map(Number);
const password = readFileSync(join(folder, 'elasticsearch-password'), 'utf8').trim();
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

async function ask(method, name, body) {
  const response = await fetch(`${url}/_snapshot/${repository}/${name}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(requestMilliseconds),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${repository}/${name}: ${response.status} ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** @throws Error where it has not all that it should have */
async function make(name) {
  await ask('PUT', name, { indices: streams, include_global_state: false });
  for (;;) {
    const [{ state, shards, failures }] = (await ask('GET', name)).snapshots;
    if (state === 'SUCCESS') return console.log(`${name}: ${shards.successful} shards`);
    if (state !== 'IN_PROGRESS') throw new Error(`${name}: ${state} ${JSON.stringify(failures).slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, lookMilliseconds));
  }
}

/** What is older than so many days or beyond the most, but for the least; and what is not whole and has a whole one after it. */
function outdated(snapshots) {
  const newestFirst = snapshots.toSorted((a, b) => b.start_time_in_millis - a.start_time_in_millis);
  const whole = newestFirst.filter(({ state }) => state === 'SUCCESS');
  const firstDay = Date.now() - days * dayMilliseconds;
  return [
    ...whole.filter((each, place) => place >= most || (place >= least && each.start_time_in_millis < firstDay)),
    ...newestFirst.filter(
      (each) =>
        ['PARTIAL', 'FAILED'].includes(each.state) && each.start_time_in_millis < (whole[0]?.start_time_in_millis ?? 0),
    ),
  ].map(({ snapshot }) => snapshot);
}

try {
  await make(`${prefix}${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase()}z`);
  for (const name of outdated((await ask('GET', `${prefix}*`)).snapshots)) {
    await ask('DELETE', name);
    console.log(`${name}: taken away`);
  }
} catch (error) {
  console.error(error.cause?.message ?? error.message);
  process.exitCode = 1;
}
