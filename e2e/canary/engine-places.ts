import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Cleanup } from '../../bench/child';
import type { EnvironmentConfig } from '../../config/environment';
import { docker, ours, requireWell } from '../containers';
import { useThrough } from '../journey';
import type { Secret } from '../secret-search';
import { type DeployedStack, run, stacksOf, step } from '../terraform';
import { filesBelow } from './files';
import type { Piece, Place } from './place';
import { newDecoy } from './planted';
import { processList } from './process-list';

const gateway = 'http://localhost:8080';
const wellSeconds = 240;
const chunkBytes = 8 * 1024 * 1024;
/** A secret that begins in one chunk ends in the next. */
const overlapBytes = 16 * 1024;

const inBackup = (...words: string[]): string => docker('exec', 'stock-analysis-backup', ...words);

/**
 * Deploys an environment to the engine of this machine and uses it. What is looked at is read later, when all is done.
 *
 * @param decoy one of its hosts, which is found wherever addresses are
 * @param planted gets the API key that is made
 */
export async function searchEngine(
  config: EnvironmentConfig,
  decoy: string,
  planted: Secret[],
  cleanup: Cleanup,
): Promise<Place[]> {
  const left = [...ours('ps', '-a'), ...ours('volume', 'ls'), ...ours('network', 'ls')];
  assert.deepEqual(left, [], 'containers, volumes or networks of the system exist: remove them first');
  const stacks = stacksOf(config);
  cleanup.add(async () => {
    for (const stack of stacks.toReversed()) stack.destroy();
  });
  const plans: Piece[] = [];
  for (const stack of stacks) {
    plans.push({ from: `plan of ${stack.name}`, text: step(`plan ${stack.name}`, () => stack.plan()) });
    stack.apply();
  }
  await requireWell(wellSeconds);
  const requested = newDecoy();
  await useThrough(gateway, (...words) => {
    const said = docker('exec', 'stock-analysis-api', 'node', '/app/dist/stock.js', ...words);
    if (words[0] === 'apikey') planted.push({ name: 'API key', text: said.trim() });
    return said;
  });
  await fetch(`${gateway}/${requested}`, { headers: { 'x-api-key': planted.at(-1)?.text ?? '' } });
  return [
    { name: 'Terraform plans', decoy, read: () => plans },
    { name: 'Terraform states', decoy, read: () => statesOf(stacks) },
    { name: 'containers, volumes, networks, images: docker inspect', decoy, read: inspected },
    { name: 'logs of containers', decoy: requested, read: containerLogs },
    { name: 'process list, containers too', decoy, read: processList },
    { name: 'metrics and status of Prometheus and its targets', decoy, read: metricsOfTargets },
    await copiesInClear(cleanup),
    await builtImages(cleanup),
  ];
}

const statesOf = (stacks: readonly DeployedStack[]): Piece[] =>
  stacks.map((stack) => ({ from: `state of ${stack.name}`, text: stack.state() }));

function* inspected(): Iterable<Piece> {
  for (const [kind, ids] of [
    ['container', ours('ps', '-a')],
    ['volume', ours('volume', 'ls')],
    ['network', ours('network', 'ls')],
    [
      'image',
      [
        ...new Set(
          docker('inspect', '--format', '{{.Image}}', ...ours('ps', '-a'))
            .trim()
            .split('\n'),
        ),
      ],
    ],
  ] as const) {
    for (const id of ids) yield { from: `${kind} ${id}`, text: docker(kind, 'inspect', id) };
  }
}

function* containerLogs(): Iterable<Piece> {
  for (const name of docker('inspect', '--format', '{{.Name}}', ...ours('ps', '-a'))
    .trim()
    .split('\n')) {
    // Both of its streams.
    yield { from: `logs of ${name}`, text: run('sh', ['-c', 'exec docker logs "$0" 2>&1', name.slice(1)]) };
  }
}

const askPrometheus = (url: string): string => docker('exec', 'stock-analysis-prometheus', 'wget', '-qO-', url);

function* metricsOfTargets(): Iterable<Piece> {
  const own = 'http://127.0.0.1:9090/prometheus/api/v1';
  const targets = JSON.parse(askPrometheus(`${own}/targets?state=active`)) as {
    data: { activeTargets: { scrapeUrl: string }[] };
  };
  const pages = ['status/config', 'status/flags', 'rules', 'alerts', 'targets'].map((page) => `${own}/${page}`);
  for (const url of [...pages, ...targets.data.activeTargets.map(({ scrapeUrl }) => scrapeUrl)]) {
    yield { from: url, text: askPrometheus(url) };
  }
}

/** What is kept of the database, of its log, and of the configuration; an API key's name is the decoy. */
async function copiesInClear(cleanup: Cleanup): Promise<Place> {
  const decoy = newDecoy();
  docker(
    'exec',
    'stock-analysis-api',
    'node',
    '/app/dist/stock.js',
    'apikey',
    'create',
    '--name',
    decoy,
    '--scopes',
    'read',
  );
  step('a copy is made', () => inBackup('stockops', 'backup', 'create', '--json'));
  const folder = await mkdtemp(path.join(tmpdir(), 'canary-copies-'));
  cleanup.addFolder(folder);
  const store = inBackup('node', '-p', 'process.env.BACKUP_STORE').trim();
  docker('cp', `stock-analysis-backup:${store}`, folder);
  // What pg_dump has compressed by zstd is text to its own program alone.
  const dumps = inBackup('find', store, '-name', 'toc.dat').trim().split('\n').map(path.posix.dirname);
  const texts = dumps.map((dump) => ({ from: dump, text: inBackup('pg_restore', '--file=-', dump) }));
  return { name: 'copies in clear', decoy, read: () => [...texts, ...filesBelow(folder)] };
}

/** Every layer of the images that are built here, and of one with the decoy. */
async function builtImages(cleanup: Cleanup): Promise<Place> {
  const decoy = newDecoy();
  const used = docker('inspect', '--format', '{{.Image}}', ...ours('ps', '-a'))
    .trim()
    .split('\n');
  const tags = docker('image', 'inspect', '--format', '{{join .RepoTags "\\n"}}', ...new Set(used)).split('\n');
  const images = tags.filter((image) => image.startsWith('stock-analysis/'));
  assert.ok(images.length > 0, 'an image that is built here is among those of the containers');
  const withDecoy = 'stock-analysis/decoy:canary';
  execFileSync('docker', ['build', '-q', '-t', withDecoy, '-'], {
    input: `FROM ${images[0]}\nLABEL decoy=${decoy}\n`,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  cleanup.add(async () => void docker('rmi', '-f', withDecoy));
  const folder = await mkdtemp(path.join(tmpdir(), 'canary-images-'));
  cleanup.addFolder(folder);
  return {
    name: 'images that are built',
    decoy,
    isLarge: true,
    async *read() {
      for (const image of [...images, withDecoy]) {
        const file = path.join(folder, 'image.tar');
        docker('save', '-o', file, image);
        yield* chunksOf(file, image);
        await rm(file);
        yield { from: `history of ${image}`, text: docker('history', '--no-trunc', image) };
      }
    },
  };
}

async function* chunksOf(file: string, from: string): AsyncIterable<Piece> {
  let kept = '';
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes, encoding: 'latin1' })) {
    const text = kept + chunk;
    yield { from, text };
    kept = text.slice(-overlapBytes);
  }
}
