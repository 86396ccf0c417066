import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { synthesizeInstead } from '../terraform';
import { until } from '../until';
import type { AcceptedJob } from './client';
import type { Deployment } from './deployment';
import { factsOf } from './operator';
import type { Steps } from './steps';
import { WriteLoad } from './write-load';

/** Who writes, and the cache, whose answers are of what was. */
const stopped = ['api', 'worker', 'scheduler', 'cache'];
const loadSeconds = 15;
const restartSeconds = 180;
/** Between what is written and the moment that is restored. */
const apartMilliseconds = 1_500;

/** The main process of the workload is killed in the middle of a copy, under writes. */
export async function killInACopy(steps: Steps, deployment: Deployment): Promise<void> {
  const { operator, target } = deployment;
  const load = new WriteLoad(deployment.client);
  const { id: first } = await operator.create();
  const restarts = await target.restartsOf('backup');
  await steps.take('kill -9 of the main process of backup in the middle of a copy', async () => {
    const copying = operator.create().then(
      () => 'done',
      () => 'failed',
    );
    await operator.killWhile('pg_dump', 'backup');
    assert.equal(await copying, 'failed');
    const isAgain = await until(restartSeconds, async () => (await target.restartsOf('backup')) > restarts);
    assert.ok(isAgain, 'the workload is started again');
    await operator.metricThat('stock_backup_store_up', (value) => value === 1);
    const { unfinished } = await operator.list();
    return `left unfinished: ${unfinished.length}`;
  });
  await steps.take('the next copy, and all copies read again', async () => {
    const { id } = await operator.create();
    assert.deepEqual((await operator.list()).unfinished, []);
    await operator.requireKept([first, id]);
  });
  await load.stop();
}

/** The volume of the database is destroyed under writes, and the newest copy restored. */
export async function loseTheDatabase(steps: Steps, deployment: Deployment): Promise<void> {
  const { operator, target } = deployment;
  const load = new WriteLoad(deployment.client);
  await sleep(loadSeconds * 1000);
  const { id, manifest } = await operator.create();
  console.error(await operator.stockops('backup', 'list'));
  await sleep(loadSeconds * 1000);
  const destroyedAt = Date.now();
  await steps.take('volume of the database destroyed', () => target.destroyDatabase());
  await load.stop();
  await steps.take('who writes is stopped', () => target.stop(stopped));
  await steps.take('an empty database by Terraform', () => deployment.stack('data').apply());
  await steps.take('restored', async () => {
    const printed = await operator.stockops('restore', '--confirm', target.config.name);
    assert.match(printed, new RegExp(`^${id} is live`, 'm'));
    return printed.trim().split('\n')[0];
  });
  let comparing = 0;
  await steps.take('every table compared with the manifest', async () => {
    const compared = Date.now();
    const now = await operator.create();
    assert.deepEqual(factsOf(now.manifest.tables), factsOf(manifest.tables));
    comparing = Date.now() - compared;
    return `${manifest.tables.length} tables, ${manifest.tables.reduce((sum, { rows }) => sum + rows, 0)} rows`;
  });
  await steps.take('who writes is started', () => target.start(stopped));
  await steps.take('the first good answer, with the same API key', async () => {
    await deployment.answers();
    const seconds = (Date.now() - destroyedAt - comparing) / 1000;
    return `RTO ${seconds.toFixed(1)} s from when the destruction began, without the comparing`;
  });
  await steps.take('what was promised', () =>
    requirePromises(deployment, load.accepted, new Date(manifest.snapshotAt)),
  );
  await steps.take('a new job is accepted and ends', async () => deployment.ends(await deployment.submitted()));
  await steps.take('a base backup of the new server', async () => {
    const base = 'stock_base_backup_last_success_timestamp_seconds';
    await operator.metricThat(base, (value) => value * 1000 > destroyedAt);
  });
}

/** The first of two writes comes while nobody receives the log; the moment between them is restored, and that is undone. */
export async function returnToAMoment(steps: Steps, deployment: Deployment): Promise<void> {
  const { operator, target } = deployment;
  const written: AcceptedJob[] = [];
  const write = async () => {
    const job = await deployment.submitted();
    await deployment.ends(job);
    written.push(job);
  };
  const states = () => Promise.all(written.map(({ id }) => deployment.client.stateOf(id)));
  await steps.take('the receiver of the log was away, and has caught up', async () => {
    await target.stop(['backup']);
    await write();
    await target.start(['backup']);
    await operator.metricThat('stock_wal_receiver_up', (value) => value === 1);
    const back = Date.now();
    await operator.metricThat('stock_wal_received_timestamp_seconds', (value) => value * 1000 > back);
  });
  await sleep(apartMilliseconds);
  const moment = new Date();
  await sleep(apartMilliseconds);
  await write();

  await steps.take('restored to between two writes', async () => {
    await target.stop(stopped);
    const confirmed = ['--confirm', target.config.name];
    const printed = await operator.stockops('restore', '--time', moment.toISOString(), ...confirmed);
    await target.start(stopped);
    await deployment.answers();
    assert.deepEqual(await states(), ['completed', undefined]);
    return printed.trim().split('\n')[0];
  });
  await steps.take('undone', async () => {
    await target.stop(stopped);
    const printed = await operator.stockops('restore', 'undo', '--confirm', target.config.name);
    await target.start(stopped);
    await deployment.answers();
    assert.deepEqual(await states(), ['completed', 'completed']);
    return printed.trim();
  });
  await steps.take('forgotten', async () => {
    const printed = await operator.stockops('restore', 'forget', '--confirm', target.config.name);
    return printed.trim().replaceAll('\n', ', ');
  });
}

/** The workload's container is removed; a copy and a drill come at the same minute, and the server is killed in the middle of the copy. */
export async function keepTheTimes(steps: Steps, deployment: Deployment): Promise<void> {
  const { operator, target } = deployment;
  const ids = (await operator.list()).copies.map(({ id }) => id);
  await steps.take('its volume is kept when its container is removed', async () => {
    await target.remove('backup');
    deployment.stack('backup').apply();
    await operator.metricThat('stock_backup_store_up', (value) => value === 1);
    await operator.requireKept(ids);
    return `${ids.length} copies`;
  });
  const drilled = (await operator.metric('stock_restore_drill_last_success_timestamp_seconds')) ?? 0;
  await steps.take('copy and drill told to come in two minutes', () => {
    const schedule = inMinutes(2);
    const backup = { ...target.config.backup, schedule, drillSchedule: schedule } as typeof target.config.backup;
    synthesizeInstead({ ...target.config, backup });
    deployment.stack('backup').apply();
    return schedule;
  });
  await steps.take('kill -9 of PostgreSQL in the middle of the copy', async () => {
    await operator.killWhile('pg_dump', 'postgres');
    const failed = await operator.metricThat('stock_backup_attempts_total{result="failed"}', (value) => value === 1);
    const isBack = await until(restartSeconds, async () => (await deployment.client.submit()) !== undefined, 1_000);
    assert.ok(isBack, `jobs are accepted within ${restartSeconds} s of it`);
    return `failed copies: ${failed}`;
  });
  await steps.take('the drill at its time', async () => {
    await operator.metricThat('stock_restore_drill_last_success_timestamp_seconds', (value) => value > drilled);
    const count = await operator.metric('stock_restore_drill_attempts_total{result="ok"}');
    assert.equal(count, 1, 'one drill has succeeded');
    return `RTO of the drill ${await operator.metric('stock_restore_drill_rto_seconds')} s`;
  });
  await steps.take('the next copy', async () => {
    const { id } = await operator.create();
    assert.deepEqual((await operator.list()).unfinished, []);
    await operator.requireKept([...ids, id]);
  });
}

/** Everything that was answered with 202 before the moment of the copy is there, and ends. */
async function requirePromises(
  deployment: Deployment,
  accepted: readonly AcceptedJob[],
  snapshotAt: Date,
): Promise<string> {
  const covered = accepted.filter(({ answeredAt }) => answeredAt < snapshotAt);
  for (const job of covered) await deployment.ends(job);
  const later = accepted.filter(({ askedAt }) => askedAt > snapshotAt);
  const there = await Promise.all(later.map((job) => deployment.client.stateOf(job.id)));
  const lost = there.filter((state) => state === undefined).length;
  const last = later.at(-1)?.answeredAt ?? snapshotAt;
  const seconds = ((last.getTime() - snapshotAt.getTime()) / 1000).toFixed(1);
  assert.equal(lost, later.length, 'what came after the copy is not in it');
  return `${covered.length} accepted before the copy all ended; RPO: ${lost} accepted in the ${seconds} s after it are lost`;
}

/** Five fields of cron for a minute of today, in Shanghai's time. */
function inMinutes(minutes: number): string {
  const moment = new Date(Date.now() + minutes * 60_000);
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Asia/Shanghai',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(moment);
  const numberOf = (wanted: string) => Number(parts.find(({ type }) => type === wanted)?.value);
  return `${numberOf('minute')} ${numberOf('hour')} * * *`;
}
