import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { EmbeddedPostgres } from '../../app/src/embedded/postgres';
import { until } from '../until';

const standbyName = 'standby';
const caughtUpSeconds = 60;

/** A server to be followed. */
interface Primary {
  server: EmbeddedPostgres;
  /** That of its EmbeddedPostgres. */
  folder: string;
  settings: Record<string, string>;
}

/**
 * Starts a server that follows another, which from then on answers a commit only once both have it
 * (https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION).
 *
 * @param client connected to the primary as its superuser
 * @param folder of the standby; made
 */
export async function startStandby(primary: Primary, client: pg.Client, folder: string): Promise<EmbeddedPostgres> {
  mkdirSync(folder, { mode: 0o700 });
  await copyRunning(primary.folder, client, folder);
  const data = path.join(folder, 'data');
  const { hostname, port, username } = new URL(primary.server.url('postgres'));
  const conninfo = `host=${hostname} port=${port} user=${username} password=${primary.server.password} application_name=${standbyName}`;
  appendFileSync(path.join(data, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`);
  writeFileSync(path.join(data, 'standby.signal'), '');
  const standby = await EmbeddedPostgres.start({ folder, settings: primary.settings });
  try {
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = '${standbyName}'`);
    await client.query('SELECT pg_reload_conf()');
    if (!(await until(caughtUpSeconds, () => commitsWithBoth(client))))
      throw new Error('the standby does not catch up');
  } catch (error) {
    await standby.stop();
    throw error;
  }
  return standby;
}

/** Commits wait for no standby any more. */
export async function forgetStandby(client: pg.Client): Promise<void> {
  await client.query('ALTER SYSTEM RESET synchronous_standby_names');
  await client.query('SELECT pg_reload_conf()');
}

/** A base backup: what is copied while it changes is mended from the log when the copy starts. */
async function copyRunning(from: string, client: pg.Client, to: string): Promise<void> {
  await client.query(`SELECT pg_backup_start('${standbyName}', true)`);
  for (const part of ['data', 'database-password']) execFileSync('cp', ['-a', path.join(from, part), to]);
  const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
  writeFileSync(path.join(to, 'data', 'backup_label'), rows[0]?.labelfile ?? '');
  rmSync(path.join(to, 'data', 'postmaster.pid'), { force: true });
}

async function commitsWithBoth(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
  return rowCount === 1;
}
