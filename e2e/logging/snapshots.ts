import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userName } from '../../constructs/elasticsearch/elasticsearch-users';
import { type SnapshotRepository, snapshotRepository } from '../../constructs/elasticsearch/snapshot-repository';
import { allStreams, dataStreamOf, repositoryRequest } from '../../constructs/log-setup/requests';
import { type Ask, asker } from './ask';

interface Server {
  url: string;
  folder: string;
  environment: string;
  asSuperuser: Ask;
  /** Those who are to have nothing to do with snapshots. */
  strangers: readonly Ask[];
  observer: Ask;
  reader: Ask;
}

const repository = `/_snapshot/${snapshotRepository.name}`;

/** That of the server, in a folder of this run: the image has a volume where this machine's folder is another's. */
export const repositoryBelow = (folder: string): SnapshotRepository => ({
  ...snapshotRepository,
  folder: join(folder, 'repositories', 'snapshots'),
});

/**
 * Snapshots as the workload makes them: kept and taken away, and the lines of a deleted index found again in one.
 *
 * @returns when the one that is left was begun, in milliseconds
 */
export async function checkSnapshots(server: Server): Promise<number> {
  const { observer, reader, environment, asSuperuser } = server;
  const stream = dataStreamOf('api', environment);
  const lines = () => linesOf(reader, stream);
  const written = await lines();
  assert.ok(written.length > 0);

  assert.equal(makeSnapshot(server, { days: 14, least: 3, most: 50 }), 0);
  const [first] = await namesOf(observer);
  assert.equal(makeSnapshot(server, { days: 14, least: 3, most: 50 }), 0);
  assert.deepEqual((await namesOf(observer)).length, 2);

  const rolled = await asSuperuser('POST', `/${stream}/_rollover`);
  assert.equal(rolled.status, 200);
  assert.equal((await asSuperuser('DELETE', `/${rolled.body.old_index}`)).status, 200);
  assert.deepEqual(await lines(), []);
  const restored = await asSuperuser('POST', `${repository}/${first}/_restore?wait_for_completion=true`, restoreBody());
  assert.equal(restored.body.snapshot.shards.failed, 0, JSON.stringify(restored.body));
  const found = await linesOf(reader, stream.replace('logs-stock.', 'logs-stock.restored-'));
  assert.deepEqual(found, written);

  // All are older than no day; two stay whatever their age.
  assert.equal(makeSnapshot(server, { days: 0, least: 2, most: 50 }), 0);
  assert.equal((await namesOf(observer)).length, 2);
  assert.equal(makeSnapshot(server, { days: 14, least: 1, most: 1 }), 0);
  assert.equal((await namesOf(observer)).length, 1);

  // As a server that has lost its own volume, and is set up again.
  const before = await namesOf(observer);
  assert.equal((await asSuperuser('DELETE', repository)).status, 200);
  assert.equal((await observer('GET', `${repository}/logs-*`)).status, 404);
  const { path, body } = repositoryRequest(repositoryBelow(server.folder));
  assert.equal((await asSuperuser('PUT', path, body)).status, 200);
  assert.deepEqual(await namesOf(observer), before);

  await checkRights(server);
  assert.equal(makeSnapshot(server, { days: 14, least: 3, most: 50 }, 'observer'), 1);
  return (await observer('GET', `${repository}/logs-*`)).body.snapshots[0].start_time_in_millis;
}

async function checkRights({ url, folder, strangers, observer }: Server): Promise<void> {
  const [name] = await namesOf(observer);
  const keeper = asker(url, userName('snapshots'), 'password-of-snapshots');
  const place = { type: 'fs', settings: { location: join(folder, 'repositories', 'another') } };
  for (const ask of [...strangers, observer]) {
    assert.equal((await ask('PUT', `${repository}/theirs`, {})).status, 403);
    assert.equal((await ask('DELETE', `${repository}/${name}`)).status, 403);
  }
  for (const ask of strangers) assert.equal((await ask('GET', `${repository}/_all`)).status, 403);
  for (const ask of [...strangers, observer, keeper]) {
    assert.equal((await ask('POST', `${repository}/${name}/_restore`, {})).status, 403);
    assert.equal((await ask('PUT', '/_snapshot/another', place)).status, 403);
    assert.equal((await ask('DELETE', repository)).status, 403);
  }
  assert.equal((await keeper('POST', '/logs-stock.*/_search', {})).status, 403);
}

/** What docs/logging.md has people send. */
function restoreBody(): object {
  const page = readFileSync(join(__dirname, '../../docs/logging.md'), 'utf8');
  return JSON.parse(/-d '(\{.*?\})'/s.exec(page)?.[1] ?? '{}');
}

interface Line {
  _id: string;
  _source: object;
}

async function linesOf(reader: Ask, stream: string): Promise<unknown[]> {
  const { body } = await reader('POST', `/${stream}/_search?ignore_unavailable=true`, { size: 1000 });
  const found = body.hits.hits.map(({ _id, _source }: Line) => ({ _id, _source }));
  return found.sort((a: Line, b: Line) => a._id.localeCompare(b._id));
}

async function namesOf(observer: Ask): Promise<string[]> {
  const { body } = await observer('GET', `${repository}/logs-*`);
  return body.snapshots.map(({ snapshot, state }: { snapshot: string; state: string }) => {
    assert.equal(state, 'SUCCESS');
    return snapshot;
  });
}

/** Runs the program as its workload does. @returns its status */
function makeSnapshot(
  { url, folder }: Server,
  { days, least, most }: { days: number; least: number; most: number },
  user: 'snapshots' | 'observer' = 'snapshots',
): number | null {
  const files = join(folder, 'snapshots');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, 'elasticsearch-password'), `password-of-${user}`);
  const script = join(__dirname, '../../constructs/log-snapshots/snapshot-logs.mjs');
  const words = [url, userName(user), files, snapshotRepository.name, allStreams, `${days}`, `${least}`, `${most}`];
  return spawnSync('node', [script, ...words], { stdio: 'inherit' }).status;
}
