import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentByName } from '../../config/environments';
import { ClusterLoad, loadRows, type Outcome } from '../cluster-load';
import { markdownTable } from '../markdown-table';
import { synthesizeStacks } from '../terraform';
import { rotateOneOfEach } from './rotations';
import { type Ended, runningImage, stock, stockops } from './stockops';

/**
 * Deploys to the dev environment, in the cluster of KUBE_CONFIG_PATH, while 30 requests a second come in: a good release, a broken one, a
 * slow one, one whose migration breaks what runs, and one whose deployment is killed in each of its steps; then secrets are made anew. See
 * docs/end-to-end.md.
 */
const environment = 'dev';
const { namespace, images } = environmentByName(environment);
const first = `${images.application.repository}:${images.application.tag}`;
const greatestFailedShare = 0.001;
const warmUpSeconds = 60;
const longestLoadSeconds = 3_600;
const soak = ['--soak', '60', '--despite', 'BACKUP-001'];
const migration = join(__dirname, '../../app/migrations/900_no-deferrals.sql');

interface Scenario {
  readonly title: string;
  happens(): Promise<Ended>;
  /** What is to be said, and the status. */
  readonly says: RegExp;
  readonly status: number;
}

const variable = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}; see docs/end-to-end.md`);
  return value;
};

/** One that does not run. */
const anotherImage = async (): Promise<string> => {
  const running = await runningImage(variable('KUBE_CONFIG_PATH'), namespace);
  return running === first ? variable('NEXT_IMAGE') : first;
};

const scenarios: readonly Scenario[] = [
  {
    title: 'a good release',
    happens: () => stockops(['deploy', environment, ...soak], { image: variable('NEXT_IMAGE') }),
    says: /runs release/,
    status: 0,
  },
  {
    title: 'a slow release',
    happens: () => stockops(['deploy', environment, ...soak], { image: variable('SLOW_IMAGE') }),
    says: /rolled back to release .* worse than what ran before/,
    status: 1,
  },
  {
    title: 'a broken release',
    happens: () => stockops(['deploy', environment, ...soak], { image: variable('BROKEN_IMAGE') }),
    says: /rolled back to release .* Terraform ended with 1/,
    status: 1,
  },
  {
    title: 'a migration that breaks what runs',
    async happens() {
      writeFileSync(migration, '-- expand\n\n-- Up Migration\n\nALTER TABLE job DROP COLUMN deferrals;\n');
      try {
        return await stockops(['deploy', environment, ...soak]);
      } finally {
        rmSync(migration);
      }
    },
    says: /nothing was changed: .*900_no-deferrals/,
    status: 1,
  },
  {
    title: 'killed in each of its steps',
    async happens() {
      const words = ['deploy', environment, ...soak];
      const image = await anotherImage();
      for (let step = 1; ; step += 1) {
        const ended = await stockops(words, { image, killIn: step });
        if (ended.signal === null) return ended;
      }
    },
    says: /runs release/,
    status: 0,
  },
  // The last: it changes what is deployed, of which this checkout says nothing.
  {
    title: 'one secret of each kind made anew',
    happens: async () => rotateOneOfEach(environment, await runningImage(variable('KUBE_CONFIG_PATH'), namespace)),
    says: /(?:refused +the one .*){4}/,
    status: 0,
  },
];

async function main(): Promise<void> {
  const kubeconfig = variable('KUBE_CONFIG_PATH');
  const chosen = process.argv.slice(2);
  const rows: (string | number)[][] = [];
  try {
    const began = await stockops(['deploy', environment, '--no-soak']);
    assert.equal(began.status, 0, 'the first release is deployed');
    const inApi = (...words: string[]) => stock(kubeconfig, namespace, ...words);
    const key = await inApi('apikey', 'create', '--name', 'load', '--scopes', 'read,write');
    await loadRows(inApi);
    const load = new ClusterLoad(kubeconfig, `http://stock-analysis-gateway.${namespace}:8080`, key, first);
    await load.begin();
    try {
      for (const scenario of scenarios.filter(({ title }) => chosen.length === 0 || chosen.includes(title)))
        rows.push(await measured(scenario, load));
    } finally {
      await load.end();
    }
    await stockops(['history', environment, '--steps']);
  } finally {
    console.log(
      markdownTable(['deployed', 'seconds', 'status', 'failed', 'share', 'jobs', 'lost', 'as expected'], rows),
    );
    for (const stack of synthesizeStacks(environment, { ALLOW_DESTROY: environment }).toReversed()) stack.destroy();
  }
  const bad = rows.filter((row) => row.at(-1) !== 'yes');
  assert.equal(bad.length, 0, `not as expected: ${bad.map(([title]) => title).join(', ')}`);
}

async function measured(scenario: Scenario, load: ClusterLoad): Promise<(string | number)[]> {
  const { title, happens, says, status } = scenario;
  console.error(title);
  await load.start(longestLoadSeconds);
  await sleep(warmUpSeconds * 1000);
  const began = performance.now();
  const ended = await happens();
  const seconds = Math.round((performance.now() - began) / 1000);
  await load.stop();
  const { total, failed, answers, jobs }: Outcome = await load.outcome();
  console.error(JSON.stringify(answers));
  const share = failed / total;
  const isSaid = says.test(ended.said.replace(/\s+/g, ' '));
  const isWell = isSaid && ended.status === status && share <= greatestFailedShare && jobs.lost === 0;
  const cells = [title, seconds, ended.status ?? `${ended.signal}`, `${failed} of ${total}`];
  return [...cells, `${(share * 100).toFixed(3)} %`, jobs.accepted, jobs.lost, isWell ? 'yes' : 'NO'];
}

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
