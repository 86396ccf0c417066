import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertificateAuthority } from '../../app/test/support/certificates';
import { freePort } from '../../bench/ports';
import { type Bucket, withBucket } from './bucket';
import { type Case, create, refused, run, start } from './case';
import { copiesIn, defectsOf, manifestIn, sumsBelow } from './copies';
import { restoreAndCompare } from './restore';
import type { S3Server } from './s3-server';

const making = ['backup', 'create'];

/** Uploads that were begun and neither finished nor given up. */
const openUploads = ({ parts }: S3Server): string[] =>
  existsSync(parts)
    ? readdirSync(parts, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
    : [];

async function wholeLife({ setting, server }: Bucket): Promise<string> {
  const foreign = path.join(setting.store, 'of somebody else', 'manifest.json');
  mkdirSync(path.dirname(foreign), { recursive: true });
  writeFileSync(foreign, '{}');
  for (let number = 0; number < 4; number++) await create(setting);
  const ids = copiesIn(setting.store);
  const rows = await restoreAndCompare(setting, ids[0] as string);
  const before = sumsBelow(path.join(setting.store, ids[3] as string));
  const only = { BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0', BACKUP_KEEP_MONTHLY: '0' };
  assert.equal((await run(setting, ['backup', 'prune', '--delete'], only)).exitCode, 0);
  assert.deepEqual(copiesIn(setting.store), ids.slice(1));
  assert.deepEqual(sumsBelow(path.join(setting.store, ids[3] as string)), before);
  const verified = await run(setting, ['backup', 'verify', '--json']);
  assert.equal(verified.exitCode, 0, verified.stdout);
  const listed = JSON.parse((await run(setting, ['backup', 'list', '--json'])).stdout);
  assert.deepEqual(
    listed.copies.map(({ id, state }: { id: string; state: string }) => [id, state]),
    ids.slice(1).map((id) => [id, 'verified']),
  );
  assert.ok(existsSync(foreign));
  assert.deepEqual(openUploads(server), []);
  return `four made, one pruned, three read again; ${rows} rows restored have the hashes of the manifest`;
}

async function killed({ setting, server }: Bucket): Promise<string> {
  const old = await create(setting);
  const sums = sumsBelow(path.join(setting.store, old));
  let unfinished = 0;
  for (let number = 0; number < 5; number++) {
    const creating = start(setting, making);
    await creating.says('writing it to the store');
    await sleep(setting.random() * 600);
    creating.kill('SIGKILL');
    await creating.ended;
    const listed = JSON.parse((await run(setting, ['backup', 'list', '--json'])).stdout);
    unfinished += listed.unfinished.length;
    for (const { id } of listed.copies) assert.deepEqual(defectsOf(setting.store, id), []);
    await create(setting);
    assert.deepEqual(openUploads(server), []);
    const after = JSON.parse((await run(setting, ['backup', 'list', '--json'])).stdout);
    assert.deepEqual(after.unfinished, []);
  }
  assert.ok(unfinished > 0, 'no kill came in time');
  assert.deepEqual(sumsBelow(path.join(setting.store, old)), sums);
  return `${unfinished} of 5 left something, none was counted, each next copy removed it, parts too`;
}

async function stopped({ setting, server }: Bucket): Promise<string> {
  const creating = start(setting, making);
  await creating.says('writing it to the store');
  await sleep(150);
  creating.kill('SIGTERM');
  const { exitCode, stderr } = await creating.ended;
  assert.equal(exitCode, 1, stderr);
  assert.match(stderr, /stopped by SIGTERM\n$/);
  assert.deepEqual([copiesIn(setting.store), openUploads(server)], [[], []]);
  assert.ok(!existsSync(path.join(setting.variables.BACKUP_WORK as string, 'drafts')));
  return '1: stopped by SIGTERM; no object, no part and no draft is left';
}

async function serverEnds({ setting, server }: Bucket): Promise<string> {
  const old = await create(setting);
  const sums = sumsBelow(path.join(setting.store, old));
  const creating = start(setting, making);
  await creating.says('writing it to the store');
  await sleep(100);
  await server.stop();
  const { exitCode, stderr } = await creating.ended;
  assert.equal(exitCode, 3, stderr);
  assert.match(stderr, /is left unfinished, and counts as none/);
  await server.start();
  await create(setting);
  const listed = JSON.parse((await run(setting, ['backup', 'list', '--json'])).stdout);
  assert.deepEqual([listed.copies.length, listed.unfinished], [2, []]);
  assert.deepEqual(sumsBelow(path.join(setting.store, old)), sums);
  return `3: ${stderr.trim().split('\n').at(-1)}`;
}

async function damaged({ setting }: Bucket): Promise<string> {
  const id = await create(setting);
  const place = (file: string) => path.join(setting.store, id, file);
  const [largest, second, third] = manifestIn(setting.store, id).files.sort((a, b) => b.bytes - a.bytes);
  const bytes = readFileSync(place(largest?.path ?? ''));
  bytes.writeUInt8(bytes.readUInt8(20_000_000) ^ 1, 20_000_000);
  writeFileSync(place(largest?.path ?? ''), bytes);
  truncateSync(place(second?.path ?? ''), 100);
  rmSync(place(third?.path ?? ''));
  const { exitCode, stdout } = await run(setting, ['backup', 'verify', id]);
  assert.equal(exitCode, 1);
  assert.ok(stdout.includes(`${largest?.path} is not what was written`), stdout);
  assert.ok(stdout.includes(`${second?.path} has 100 bytes`), stdout);
  assert.ok(stdout.includes(`${third?.path} is missing`), stdout);
  return '1: a flipped bit, a cut off and a missing object are each named';
}

async function refusals({ setting }: Bucket): Promise<string> {
  const old = await create(setting);
  const sums = sumsBelow(path.join(setting.store, old));
  const expected: [Record<string, string>, RegExp][] = [
    [{ BACKUP_STORE: 's3://nothing/of/trial' }, /NoSuchBucket.*make the bucket, or correct BACKUP_STORE/],
    [{ BACKUP_S3_ACCESS_KEY: 'another' }, /status 40[34].*correct/],
    [
      { BACKUP_S3_SECRET_KEY: 'another' },
      /SignatureDoesNotMatch.*correct BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY/,
    ],
    [{ BACKUP_S3_ENDPOINT: `http://127.0.0.1:${await freePort()}` }, /ECONNREFUSED.*start the server, or correct/],
  ];
  for (const [changes, message] of expected) await refused(setting, making, 3, message, changes);
  await refused(setting, making, 1, /keeps copies of "trial", this is "production"/, {
    STOCK_ENVIRONMENT: 'production',
  });
  await refused(setting, making, 1, /has no stockops-store.json/, { BACKUP_STORE: 's3://copies/of/nobody' });
  assert.deepEqual(sumsBelow(path.join(setting.store, old)), sums);
  return '3: no such bucket, another key, another secret, a server that is away; 1: no mark, another environment';
}

async function certificates({ setting, server }: Bucket): Promise<string> {
  const another = path.join(setting.folder, 'another.pem');
  writeFileSync(another, new CertificateAuthority('another').certificate);
  await refused(setting, ['backup', 'list'], 3, /the CA in BACKUP_S3_CA_FILE did not sign/, {
    BACKUP_S3_CA_FILE: another,
  });
  await refused(setting, ['backup', 'list'], 3, /write a host in BACKUP_S3_ENDPOINT/, {
    BACKUP_S3_ENDPOINT: server.endpoint.replace('127.0.0.1', 'localhost'),
  });
  return '3: a CA that did not sign it, a host that it does not name';
}

const clock = path.join(__dirname, '../faults/shifted-clock.cjs');

async function clockAhead({ setting }: Bucket): Promise<string> {
  const { exitCode, stderr } = await run(setting, ['backup', 'list'], {
    NODE_OPTIONS: `--require=${clock}`,
    CLOCK_AHEAD_SECONDS: '3600',
  });
  assert.equal(exitCode, 0, stderr);
  return "0: the server's clock is taken";
}

/** @param program a versitygw */
export function s3Cases(program: string): Case[] {
  const authority = new CertificateAuthority('of the run');
  return [
    withBucket(program, 'made, listed, verified, pruned', wholeLife),
    withBucket(program, 'the same by TLS', wholeLife, authority),
    withBucket(program, 'certificates that are not to be trusted', certificates, authority),
    withBucket(program, 'stores that cannot be used', refusals),
    withBucket(program, 'objects that were damaged', damaged),
    withBucket(program, 'killed with -9 while it uploads', killed),
    withBucket(program, 'stopped by SIGTERM while it uploads', stopped),
    withBucket(program, 'the server ends while it uploads', serverEnds),
    withBucket(program, 'the clock of this machine is an hour ahead', clockAhead),
  ];
}
