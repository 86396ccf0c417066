import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, password } from '../backup/postgres';
import { type Outcome, Run } from '../backup/stockops';
import type { BundledServer } from './bundled-server';

export const confirmed = ['--confirm', 'trial'];

interface Workload {
  /** Of PostgreSQL's programs, those of the server. */
  programs: string;
  server: BundledServer;
  /** Holds the volume of the copies. */
  folder: string;
  account: Account | undefined;
}

/** Whoever works in the workload `backup` beside a server. */
export class Operator {
  readonly #workload: Workload;

  constructor(workload: Workload) {
    this.#workload = workload;
  }

  /** Runs a command to its end. @throws AssertionError where it ends otherwise */
  async stockops(exitCode: number, ...words: string[]): Promise<Outcome> {
    const outcome = await this.#run(words).ended;
    assert.equal(outcome.exitCode, exitCode, `stockops ${words.join(' ')}: ${outcome.stderr}${outcome.stdout}`);
    return outcome;
  }

  /** Kills it with -9 once it says something. @returns whether it was still under way */
  async kill(says: string, ...words: string[]): Promise<boolean> {
    const running = this.#run(words);
    await running.says(says);
    await sleep(Math.random() * 200);
    running.kill('SIGKILL');
    return (await running.ended).exitCode === 137;
  }

  #run(words: readonly string[]): Run {
    const { programs, server, folder, account } = this.#workload;
    const variables = {
      PATH: `${programs}${path.delimiter}${process.env.PATH}`,
      STOCK_ENVIRONMENT: 'trial',
      DATABASE_URL: server.url('stock_backup'),
      DATABASE_PASSWORD: password,
      SECRET_KEY: 'a key of this run alone, long enough',
      BACKUP_STORE: path.join(folder, 'store'),
      BACKUP_WORK: path.join(folder, 'work'),
    };
    return new Run(words, variables, account);
  }
}
