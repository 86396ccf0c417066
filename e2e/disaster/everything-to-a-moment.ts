import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedJob } from './client';
import type { Deployment } from './deployment';
import { Kept } from './kept';
import type { Steps } from './steps';

/** Between what is written and the moment that is brought back. */
const apartMilliseconds = 1_500;

/** All that is deployed is destroyed, and one command brings it back as it was between two writes; it is killed once meanwhile. */
export async function loseEverythingToAMoment(steps: Steps, deployment: Deployment): Promise<void> {
  const { operator, target } = deployment;
  const kept = new Kept(deployment);
  const written: AcceptedJob[] = [];
  const write = async () => {
    const job = await deployment.submitted();
    await deployment.ends(job);
    written.push(job);
  };
  try {
    await steps.take('a base backup, and a copy for its keys', async () => {
      await operator.metricThat('stock_base_backup_last_success_timestamp_seconds', (value) => value > 0);
      return (await operator.create()).id;
    });
    await write();
    await sleep(apartMilliseconds);
    const moment = new Date();
    await sleep(apartMilliseconds);
    await write();
    await steps.take('the log is in the store, and is kept elsewhere with the SECRET_KEY', async () => {
      const now = Date.now();
      await operator.metricThat('stock_wal_received_timestamp_seconds', (value) => value * 1000 > now);
      const { copies } = await operator.list();
      await kept.keep([...copies.map(({ id }) => id), 'wal']);
    });
    const destroyedAt = Date.now();
    await steps.take('everything destroyed', () => target.destroyEverything());
    const command = kept.recover('--time', moment.toISOString());
    await steps.take('kill -9 of recover in the middle of the restore', () => command.killIn('restore'));
    await steps.take('the same command again, to its end', () => command.toItsEnd());
    await steps.take('the same API key; the first of the two writes is there, and the second is not', async () => {
      await deployment.reopenGateway();
      await deployment.answers();
      const states = await Promise.all(written.map(({ id }) => deployment.client.stateOf(id)));
      assert.deepEqual(states, ['completed', undefined]);
      return `${((Date.now() - destroyedAt) / 1000).toFixed(0)} s after the destruction began, with the kill`;
    });
    await steps.take('a new job is accepted and ends', async () => deployment.ends(await deployment.submitted()));
  } finally {
    kept.remove();
  }
}
