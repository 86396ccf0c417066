import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { loadSample } from '../../app/src/embedded/sample';
import { Cleanup } from '../../bench/child';
import { secretsOf } from '../../constructs/workload/secret-files';
import { System } from '../faults/system';
import { markdownTable } from '../markdown-table';
import type { Secret } from '../secret-search';
import { searchEngine } from './engine-places';
import { faultsOf, type Place, type Searched, search } from './place';
import { canaryEnvironment, marker, newDecoy, newHost, plantSecrets } from './planted';
import { answers, breakConnections, copyInClear, logs, metrics, processes, provoke } from './running-places';
import { committedPlans, synthesizedOutput } from './written-places';

const root = path.join(__dirname, '../..');
const sampleSeconds = 300;
const log = (line: string) => process.stderr.write(`${line}\n`);

interface Options {
  docker?: boolean;
}

async function main({ docker }: Options): Promise<void> {
  const cleanup = new Cleanup();
  const stop = () => void cleanup.run().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const searched: Searched[] = [];
  try {
    const decoyHost = newHost();
    const config = canaryEnvironment(decoyHost);
    const folder = path.join(root, secretsOf(config.name));
    cleanup.add(async () => rmSync(folder, { recursive: true, force: true }));
    const planted = plantSecrets(root, config);
    log(`${planted.length} secrets are planted`);
    searched.push(...(await searchAll(await writtenPlaces(config, decoyHost, cleanup), planted)));
    if (docker) searched.push(...(await searchAll(await searchEngine(config, decoyHost, planted, cleanup), planted)));
    else searched.push(...(await searchRunning(cleanup)));
  } finally {
    await cleanup.run();
  }
  process.stdout.write(`${asTable(searched)}\n`);
  const faults = searched.flatMap(faultsOf);
  for (const fault of faults) log(`NOT GOOD: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

async function writtenPlaces(config: ReturnType<typeof canaryEnvironment>, decoy: string, cleanup: Cleanup) {
  const folder = await mkdtemp(path.join(tmpdir(), 'canary-'));
  cleanup.addFolder(folder);
  return [synthesizedOutput(folder, config, decoy), committedPlans(root)];
}

/** The application as processes of this machine, used, provoked and turned away. */
async function searchRunning(cleanup: Cleanup): Promise<Searched[]> {
  const system = await System.start(cleanup, log);
  await loadSample(system.url, system.apiKey, AbortSignal.timeout(sampleSeconds * 1000));
  const secrets = Object.entries(system.secrets()).map(([name, text]) => ({ name, text }));
  const decoy = newDecoy();
  const said = await provoke(system, decoy);
  const copy = await copyInClear(system);
  const places = [answers(said, decoy), await metrics(system, cleanup), processes(system, cleanup), copy];
  const searched = await searchAll(places, secrets);
  await breakConnections(system);
  await provoke(system, decoy);
  return [...searched, ...(await searchAll([logs(system, decoy)], secrets))];
}

async function searchAll(places: readonly Place[], secrets: readonly Secret[]): Promise<Searched[]> {
  const searched: Searched[] = [];
  for (const place of places) {
    const result = await search(place, secrets, marker);
    log(`${place.name}: ${result.pieces} texts, ${faultsOf(result).join('; ') || 'nothing but what was put there'}`);
    searched.push(result);
  }
  return searched;
}

const asTable = (searched: readonly Searched[]): string =>
  markdownTable(
    ['Place', 'Texts', 'kB', 'Put there and found', 'Secrets found'],
    searched.map(({ place, pieces, bytes, isDecoyFound, found }) => [
      ...[place, pieces, Math.ceil(bytes / 1000), isDecoyFound ? 'yes' : 'NO'],
      found.length === 0 ? 'none' : found.join('; '),
    ]),
  );

const options = new Command('npm run e2e:canary --')
  .description('Plants known secrets everywhere, runs the system, and looks for them wherever they must not be.')
  .option('--docker', 'the whole system on the Docker engine of this machine, rather than the application as processes')
  .parse()
  .opts<Options>();

main(options).catch((error: Error) => {
  process.stderr.write(`canary: ${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
