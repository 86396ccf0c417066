import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manifest } from '../../ops/src/backup/manifest';
import type { Deployment } from './deployment';
import { Kept } from './kept';
import { factsOf } from './operator';
import type { RecoverCommand } from './recover-command';
import type { Steps } from './steps';
import { WriteLoad } from './write-load';

const loadSeconds = 10;
/** What gets no rows while the scheduler works, nor by jobs of the load that were accepted before the copy and end after it: see Client. */
const ofTheMarket = /^public\.(stock_data(?!_202[45]$)|adjustment_factor|suspension|symbol_alias)/;

/**
 * All that is deployed is destroyed under writes, with its volumes, secrets and Terraform's state; what is left is a copy in a folder,
 * or the bucket, and the keys that were kept apart. One command brings it back, and is killed twice meanwhile.
 */
export async function loseEverything(steps: Steps, deployment: Deployment): Promise<void> {
  const { operator, target } = deployment;
  const kept = new Kept(deployment);
  try {
    const load = new WriteLoad(deployment.client);
    await sleep(loadSeconds * 1000);
    const { id, manifest } = await operator.create();
    await steps.take('the copy and the SECRET_KEY are kept elsewhere', async () => {
      await kept.keep([id]);
      return id;
    });
    const command = kept.recover();
    await steps.take('refused while the environment is there', async () => {
      const { status, error } = await command.run();
      assert.equal(status, 1);
      assert.match(error, /is not empty of .*stock-analysis-postgres/);
      return error.slice(0, 200);
    });
    const destroyedAt = Date.now();
    await steps.take('everything destroyed', () => target.destroyEverything());
    await load.stop();
    await recoverWithKills(steps, command, deployment);
    await steps.take('the same API key, through the gateway', async () => {
      await deployment.reopenGateway();
      await deployment.answers();
      return `${((Date.now() - destroyedAt) / 1000).toFixed(0)} s after the destruction began, with all kills`;
    });
    await steps.take('the same rows of the market', async () => {
      const now = await operator.create();
      assert.deepEqual(marketOf(now.manifest), marketOf(manifest));
      return `${Object.keys(marketOf(manifest)).length} tables with equal hashes`;
    });
    await steps.take('what was accepted before the copy ends', async () => {
      const covered = load.accepted.filter(({ answeredAt }) => answeredAt < new Date(manifest.snapshotAt));
      for (const job of covered) await deployment.ends(job);
      return `${covered.length} jobs; lost: ${load.accepted.length - covered.length} accepted after it`;
    });
    await steps.take('a new job is accepted and ends', async () => deployment.ends(await deployment.submitted()));
    await steps.take('refused when it is done', async () => {
      const { status, error } = await command.run();
      assert.equal(status, 1);
      assert.match(error, /is not empty of/);
    });
  } finally {
    kept.remove();
  }
}

async function recoverWithKills(steps: Steps, command: RecoverCommand, { target }: Deployment): Promise<void> {
  const { name: environment } = target.config;
  await steps.take('kill -9 of recover while Terraform applies the data stack', () =>
    command.killIn(`apply ${environment}-data`),
  );
  await steps.take('kill -9 of recover in the middle of the restore', () => command.killIn('restore'));
  await steps.take('the same command again, to its end', () => command.toItsEnd());
}

const marketOf = ({ tables }: Manifest) => factsOf(tables.filter(({ name }) => ofTheMarket.test(name)));
