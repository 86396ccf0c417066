import { readFile, statfs } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { sql } from '../../../app/src/database/sql';
import { listCopies } from '../backup/list';
import type { Store } from '../backup/store';
import { readStored } from '../backup/stored-json';
import { ageText, bytesText } from '../cli/texts';
import { majorOf } from '../database/program';
import { connected, databaseOf, type ServerFacts } from '../database/server';
import { readDrill } from '../drill/drill-record';
import type { EnvironmentOf } from '../environment';
import { CannotTell } from '../failures';
import { administered, sessionsOn } from '../restore/databases';
import { type Finding, serverFindings } from './server-findings';
import { type UpgradeState, upgradeState } from './upgrade-state';
import { type Change, type Upgrade, upgradeFrom, upgrades, upgradeTo } from './upgrades';

export type { Finding };

/** What there is to say of an upgrade before anything is stopped. */
export interface UpgradeCheck {
  findings: Finding[];
  /** What is different after it. */
  changes: readonly Change[];
}

const gibibyte = 1024 ** 3;
/** Of the new volume: the log that a restore writes, which a checkpoint frees (max_wal_size), and some room beside it. */
const bytesBeside = 2 * gibibyte;
/** As the alert has it. */
const tooOldSeconds = 26 * 3_600;

/**
 * Looks whether the database can be brought to the next major version of PostgreSQL. Changes nothing.
 *
 * @param known the ways there are
 */
export async function checkUpgrade(
  store: Store,
  environment: EnvironmentOf<'restore'>,
  known: readonly Upgrade[] = upgrades,
): Promise<UpgradeCheck> {
  const state = await upgradeState(store, environment);
  const upgrade = upgradeFrom(state.server.major, known);
  if (state.step !== 'live') return { findings: [underWay(state)], changes: [] };
  if (!upgrade) return { findings: [noWay(state.server, known)], changes: [] };
  const bytes = await sizeOf(environment);
  const findings = [
    way(state.server, upgrade),
    stop(bytes, upgrade),
    await attempted('programs', () => programs(environment, state.server)),
    keyOfCopies(environment),
    await attempted('room for the copy', () => roomForCopy(store, environment, bytes * upgrade.disk.copy)),
    await attempted('room for the data', () => roomForData(environment, bytes * upgrade.disk.data + bytesBeside)),
    ...(await connected(environment, (connection) => serverFindings(connection, databaseOf(environment), upgrade))),
    await clients(environment),
    ...(await copies(store)),
  ];
  return { findings, changes: upgrade.changes };
}

/** Where an upgrade is that was begun, and what comes next. */
function underWay(state: Exclude<UpgradeState, { step: 'live' }>): Finding {
  const { version } = state.server;
  const next: Record<typeof state.step, [string, string]> = {
    closed: [
      'the old server is closed, and its last copy is not made',
      'go on: stockops upgrade; or go back: stockops upgrade undo',
    ],
    copied: [
      'the old server is closed, and its last copy is made',
      'set postgres.major and postgres.keptMajor, deploy; or go back: stockops upgrade undo',
    ],
    awaiting: ['the new server waits for its data', 'go on: stockops upgrade; or go back: stockops upgrade undo'],
    restored: [
      'the new server has the data',
      'once all is well: stockops upgrade confirm; or go back: stockops upgrade undo',
    ],
  };
  const [finding, advice] = next[state.step];
  return { check: 'upgrade', state: 'warn', finding: `under way, PostgreSQL ${version} runs: ${finding}`, advice };
}

function noWay({ version, major }: ServerFacts, known: readonly Upgrade[]): Finding {
  const check = 'upgrade';
  if (upgradeTo(major, known)) {
    return {
      check,
      state: 'ok',
      finding: `PostgreSQL ${version}: the newest that this version of the platform goes to`,
    };
  }
  const ways = known.map(({ from, to }) => `${from} to ${to}`).join(', ');
  return {
    check,
    state: 'fail',
    finding: `no way is known from PostgreSQL ${version}`,
    advice: `known are ${ways}: use a version of the platform that knows this one`,
  };
}

const way = ({ version }: ServerFacts, { to }: Upgrade): Finding => ({
  check: 'upgrade',
  state: 'ok',
  finding: `PostgreSQL ${version} to ${to}`,
});

const stop = (bytes: number, { secondsPerGiB, stops }: Upgrade): Finding => ({
  check: 'stop',
  state: 'ok',
  finding: `${stops}, for about ${Math.ceil((bytes / gibibyte) * secondsPerGiB)} s and two deployments: the database has ${bytesText(bytes)}`,
});

async function sizeOf(environment: EnvironmentOf<'restore'>): Promise<number> {
  const { rows } = await connected(environment, (connection) =>
    connection.query<{ bytes: number }>(sql`SELECT pg_database_size(current_database())::float8 AS bytes`),
  );
  return rows[0]?.bytes ?? 0;
}

/** Those that make the copy are of the old server's version or later; those that restore it come with the new one's image. */
async function programs({ BACKUP_METHOD }: EnvironmentOf<'restore'>, { major }: ServerFacts): Promise<Finding> {
  const check = 'programs';
  if (BACKUP_METHOD === 'copy') return { check, state: 'ok', finding: 'none are needed: rows are copied by COPY' };
  const found = await majorOf('pg_dump');
  if (found.major >= major) return { check, state: 'ok', finding: found.version };
  return {
    check,
    state: 'fail',
    finding: `${found.version} is older than the server`,
    advice: 'use the image that is made for the server (ops/Dockerfile)',
  };
}

/** The new server is given what only who has the key can read. */
function keyOfCopies({ BACKUP_AGE_RECIPIENTS, BACKUP_AGE_IDENTITY }: EnvironmentOf<'restore'>): Finding {
  const check = 'key of the copies';
  if (!BACKUP_AGE_RECIPIENTS) return { check, state: 'ok', finding: 'none is needed: copies are not encrypted' };
  if (BACKUP_AGE_IDENTITY) return { check, state: 'ok', finding: 'there; whether it is the right one, a drill says' };
  return {
    check,
    state: 'fail',
    finding: 'copies are encrypted, and nothing here can read them',
    advice: 'give the private key of one of the recipients in BACKUP_AGE_IDENTITY_FILE',
  };
}

async function roomForCopy(store: Store, { BACKUP_WORK }: EnvironmentOf<'restore'>, needed: number): Promise<Finding> {
  const room = await store.room();
  // What goes into a bucket is made in the folder of what is under way.
  const freeBytes = room?.freeBytes ?? (await freeIn(BACKUP_WORK));
  return enough('room for the copy', room ? store.place : BACKUP_WORK, freeBytes, needed, 'grow backup.storageGiB');
}

const freeIn = (folder: string): Promise<number> =>
  statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    ({ code }: NodeJS.ErrnoException) => {
      throw new CannotTell(`${folder} cannot be looked at (${code})`);
    },
  );

const configured = z.object({ postgres: z.object({ storageGiB: z.number() }) });

/** The new server's volume is as large as the old one's, which its configuration says: no server tells what is free. */
async function roomForData({ BACKUP_CONFIGURATION }: EnvironmentOf<'restore'>, needed: number): Promise<Finding> {
  const check = 'room for the data';
  const file = path.join(BACKUP_CONFIGURATION ?? '', 'environment.json');
  const text = BACKUP_CONFIGURATION ? await readFile(file, 'utf8').catch(() => undefined) : undefined;
  const found = readStored(configured, text);
  if (found) {
    return enough(check, 'the new volume', found.postgres.storageGiB * gibibyte, needed, 'grow postgres.storageGiB');
  }
  const finding = `the new volume needs ${bytesText(needed)}, and no configuration says how large it will be`;
  return { check, state: 'warn', finding, advice: 'see that postgres.storageGiB is enough' };
}

function enough(check: string, place: string, has: number, needed: number, advice: string): Finding {
  const finding = `${place} has ${bytesText(has)}, ${bytesText(needed)} at most are needed`;
  return has >= needed ? { check, state: 'ok', finding } : { check, state: 'fail', finding, advice };
}

/** Those that the upgrade itself refuses to go on beside. */
async function clients(environment: EnvironmentOf<'restore'>): Promise<Finding> {
  const sessions = await administered(environment, (connection) => sessionsOn(connection, databaseOf(environment)));
  const named = sessions.map(({ program, sessions: count }) => `${program} (${count})`).join(', ');
  return { check: 'clients', state: 'ok', finding: named ? `${named}: stopped before the upgrade begins` : 'none' };
}

/** The upgrade makes a copy of its own; that one could be made and restored before tells that it can. */
async function copies(store: Store): Promise<Finding[]> {
  const { copies: all } = await listCopies(store);
  const newest = all.findLast(({ manifest, verification }) => manifest && verification.state === 'verified');
  if (!newest?.manifest) {
    const finding = 'there is none that is verified';
    return [{ check: 'copies', state: 'fail', finding, advice: 'stockops backup create; stockops drill' }];
  }
  const age = (Date.now() - new Date(newest.manifest.snapshotAt).getTime()) / 1000;
  const finding = `the newest verified one, ${newest.id}, is ${ageText(age)} old`;
  const drilled = await readDrill(store, newest.id);
  return [
    age > tooOldSeconds
      ? { check: 'copies', state: 'warn', finding, advice: 'stockops backup create' }
      : { check: 'copies', state: 'ok', finding },
    drilled
      ? { check: 'drill', state: 'ok', finding: `it was restored in ${drilled.rtoSeconds} s` }
      : { check: 'drill', state: 'warn', finding: 'it was not restored yet', advice: 'stockops drill' },
  ];
}

/** What cannot be looked at is a finding too: the others are told all the same. */
const attempted = (check: string, look: () => Promise<Finding>): Promise<Finding> =>
  look().catch((error: Error) => {
    if (!(error instanceof CannotTell)) throw error;
    return { check, state: 'unknown', finding: error.message, advice: 'make it possible, and look again' };
  });
