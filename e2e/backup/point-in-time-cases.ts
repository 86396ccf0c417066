import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { CertificateAuthority } from '../../app/test/support/certificates';
import { until } from '../until';
import { type Bucket, withBucket } from './bucket';
import { type Case, run, type Setting } from './case';
import { Keeper } from './keeper';
import { account, based, received, receiving, tidyUp } from './receiving';
import { stockops } from './stockops';

const write = ({ postgres }: Setting, word: string): Promise<unknown> =>
  postgres.asSuperuser(async (client) => {
    await client.query('CREATE TABLE IF NOT EXISTS written (word text)');
    await client.query('ALTER TABLE written OWNER TO stock_owner');
    await client.query('INSERT INTO written VALUES ($1)', [word]);
  });

/** So much of the log that several of its files are full. */
const fillLog = ({ postgres }: Setting, files: number): Promise<unknown> =>
  postgres.asSuperuser(async (client) => {
    for (let number = 0; number < files; number++) {
      await client.query("SELECT pg_logical_emit_message(true, 'e2e', repeat(md5(random()::text), 30000))");
      await client.query('SELECT pg_switch_wal()');
    }
  });

const wordsIn = async ({ postgres }: Setting): Promise<string[]> =>
  postgres.asSuperuser(async (client) => {
    const { rows } = await client.query('SELECT word FROM written ORDER BY word');
    return rows.map(({ word }) => word);
  });

/** Files of the log in the store, looked at without the code that put them there. */
function logIn(store: string): string[] {
  const wal = path.join(store, 'wal');
  const systems = existsSync(wal) ? readdirSync(wal) : [];
  return systems.flatMap((system) => {
    const log = path.join(wal, system, 'log');
    return existsSync(log) ? readdirSync(log).filter((name) => !name.endsWith('.unfinished')) : [];
  });
}

const waitingIn = (setting: Setting): string[] => {
  const wal = path.join(setting.variables.BACKUP_WORK as string, 'wal');
  return readdirSync(wal).flatMap((system) =>
    readdirSync(path.join(wal, system)).filter((name) => /^[0-9A-F]{24}$/.test(name)),
  );
};

interface Written {
  /** Between the two writes. */
  moment: Date;
  /** Files of the log that the store had then. */
  logBefore: string[];
  kills: number;
}

/** Writes before and after a moment while the log is received and its receiver is killed. */
async function writeAround(setting: Setting): Promise<Written> {
  let keeper = await Keeper.start(setting, account);
  try {
    await keeper.waitFor(based, (value) => value > 0);
    await write(setting, 'before');
    let kills = 0;
    for (; kills < 3; kills++) {
      await fillLog(setting, 4);
      const files = logIn(setting.store).length;
      await until(60, async () => logIn(setting.store).length > files, 20);
      await sleep(setting.random() * 300);
      await keeper.killAll();
      keeper = await Keeper.start(setting, account);
    }
    const back = Date.now() / 1000;
    await keeper.waitFor(received, (value) => value > back);
    assert.deepEqual(waitingIn(setting), []);
    await sleep(1_500);
    const logBefore = logIn(setting.store);
    const moment = new Date();
    await sleep(1_500);
    await write(setting, 'later');
    await keeper.waitFor(received, (value) => value * 1000 > moment.getTime() + 3_000);
    return { moment, logBefore, kills };
  } finally {
    await keeper.stop();
  }
}

/** Restores a moment with what the store alone has, and puts back what was live. */
async function restoreMoment(setting: Setting, moment: Date): Promise<string> {
  const work = path.join(setting.variables.BACKUP_WORK as string, 'wal');
  rmSync(work, { recursive: true });
  const confirmed = ['--confirm', 'trial'];
  const words = ['restore', '--time', moment.toISOString(), ...confirmed];
  const { exitCode, stdout, stderr } = await stockops(words, setting.variables, account);
  assert.equal(exitCode, 0, stderr + stdout);
  assert.deepEqual(await wordsIn(setting), ['before']);
  assert.equal((await run(setting, ['restore', 'undo', ...confirmed])).exitCode, 0);
  assert.deepEqual(await wordsIn(setting), ['before', 'later']);
  assert.equal((await run(setting, ['restore', 'forget', ...confirmed])).exitCode, 0);
  return stdout.trim().split('\n')[0] as string;
}

/** What `backup list` says of points in time. */
async function listed(setting: Setting): Promise<{ from: string; receivedAt: string; mostLostSeconds: number }> {
  const { stdout } = await run(setting, ['backup', 'list', '--json']);
  return JSON.parse(stdout).pointsInTime;
}

async function toAMoment(given: Setting): Promise<string> {
  const setting = await receiving(given);
  try {
    const { moment, kills } = await writeAround(setting);
    const { from, receivedAt } = await listed(setting);
    assert.ok(new Date(from) < moment && moment < new Date(receivedAt), `${from} ${receivedAt}`);
    await restoreMoment(setting, moment);
    return `killed ${kills} times, ${logIn(setting.store).length} files in the store, no gap; restored to between two writes by the store alone`;
  } finally {
    await tidyUp(setting);
  }
}

/** Encrypted, as it is wherever a store is a bucket. */
async function encryptedToAMoment({ setting: given }: Bucket): Promise<string> {
  const identities = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
  const recipients = await Promise.all(identities.map(identityToRecipient));
  const keys = { BACKUP_AGE_RECIPIENTS: recipients.join(','), BACKUP_AGE_IDENTITY: identities[0] as string };
  const seen = await toAMoment({ ...given, variables: { ...given.variables, ...keys } });
  const clear = logIn(given.store).filter((name) => !name.endsWith('.age'));
  assert.deepEqual(clear, []);
  return `encrypted; ${seen}`;
}

/** The largest file below a folder with an end. */
function largestBelow(folder: string, end: string): string {
  const files = readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name.toString()));
  const [largest] = files.filter((file) => file.endsWith(end)).sort((a, b) => sizeOf(b) - sizeOf(a));
  assert.ok(largest, `nothing of ${folder} ends with ${end}`);
  return largest;
}
const sizeOf = (file: string): number => readFileSync(file).length;

async function storeAway({ setting: given, server }: Bucket): Promise<string> {
  const setting = await receiving(given);
  const keeper = await Keeper.start(setting, account);
  try {
    await keeper.waitFor(based, (value) => value > 0);
    await server.stop();
    await fillLog(setting, 5);
    const isKept = await until(60, async () => waitingIn(setting).length >= 5);
    assert.ok(isKept, 'what cannot be put into the store is received all the same');
    await write(setting, 'before');
    await server.start();
    const back = Date.now() / 1000;
    await keeper.waitFor(received, (value) => value > back);
    assert.deepEqual(waitingIn(setting), []);
  } finally {
    await keeper.stop();
    await tidyUp(setting);
  }
  return 'five files waited on this machine, and were put once it was back';
}

/** One bit is another, where that matters: in what was made of a row of zeros most of them may be either. */
function flipped(compressed: Buffer): Buffer {
  for (let place = Math.floor(compressed.length / 2); place < compressed.length; place++) {
    const changed = Buffer.from(compressed);
    changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
    if (!isReadable(changed)) return changed;
  }
  throw new Error('a bit of its sum matters');
}

function isReadable(compressed: Buffer): boolean {
  try {
    return gunzipSync(compressed).length > 0;
  } catch {
    return false;
  }
}

async function damaged({ setting: given }: Bucket): Promise<string> {
  const setting = await receiving(given);
  try {
    const { moment, logBefore } = await writeAround(setting);
    rmSync(path.join(setting.variables.BACKUP_WORK as string, 'wal'), { recursive: true });
    const words = ['restore', '--time', moment.toISOString(), '--confirm', 'trial'];
    const refusedBy = async (file: string, change: () => void, message: RegExp) => {
      const content = readFileSync(file);
      change();
      const { exitCode, stderr } = await stockops(words, setting.variables, account);
      writeFileSync(file, content);
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, message);
    };
    const flip = (file: string) => () => writeFileSync(file, flipped(readFileSync(file)));
    const base = largestBelow(setting.store, 'base.tar.gz');
    await refusedBy(base, flip(base), /the base backup \S+ cannot be unpacked/);
    // A later one may not be read at all.
    const logs = logBefore.filter((name) => /^[0-9A-F]{24}\.gz$/.test(name));
    const log = largestBelow(setting.store, logs.sort().at(-1) as string);
    await refusedBy(log, flip(log), /the file [0-9A-F]{24} of the log cannot be read/);
    await refusedBy(log, () => rmSync(log), /does not reach/);
    assert.deepEqual(await wordsIn(setting), ['before', 'later']);
  } finally {
    await tidyUp(setting);
  }
  return '1: a base backup and a file of the log that were changed, and one that is missing; the live database is as it was';
}

const inFolder: Case = { name: 'points in time: in a folder, the receiver killed with -9', run: toAMoment };

/** @param program a versitygw, if there is one */
export function pointInTimeCases(program: string | undefined): Case[] {
  if (!program) return [inFolder];
  const authority = new CertificateAuthority('of the run');
  return [
    inFolder,
    withBucket(program, 'points in time, the receiver killed with -9', ({ setting }) => toAMoment(setting)),
    withBucket(program, 'points in time, encrypted, by TLS', encryptedToAMoment, authority),
    withBucket(program, 'points in time, the server away for a while', storeAway),
    withBucket(program, 'points in time, objects that were damaged', damaged),
  ];
}
