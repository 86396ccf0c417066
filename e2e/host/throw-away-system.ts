import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const repository = path.resolve(__dirname, '../..');

/** Runs a program to its end. @throws AssertionError with what it said when it fails */
export function run(program: string, ...words: string[]): string {
  const ended = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  assert.equal(ended.status, 0, `${program} ${words.join(' ')}: ${ended.error ?? ended.stderr + ended.stdout}`);
  return ended.stdout;
}

/** Nothing differs. @throws AssertionError with the lines that do */
export function assertSame(found: readonly string[], wanted: readonly string[]): void {
  const only = (of: readonly string[], others: readonly string[]) => {
    const known = new Set(others);
    return of.filter((line) => !known.has(line));
  };
  assert.deepEqual({ more: only(found, wanted), missing: only(wanted, found) }, { more: [], missing: [] });
}

/** What a host of Debian says of its kernel, as files: this machine's own is not touched. */
const kernel: Readonly<Record<string, string>> = {
  'proc/sys/net/core/somaxconn': '4096\n',
  'proc/sys/net/ipv4/tcp_max_syn_backlog': '1024\n',
  'proc/sys/fs/file-max': '9223372036854775807\n',
  'proc/1/limits': 'Max open files            1024                 524288               files\n',
};

/** A whole Debian in a folder, whose systemd has a Docker to look after. */
export class ThrowAwaySystem {
  /** @param from a root folder of Debian to copy; without it debootstrap makes one */
  static make(folder: string, from: string | undefined): ThrowAwaySystem {
    if (from) run('cp', '-a', from, folder);
    else {
      const packages = '--include=systemd,nftables';
      run('debootstrap', '--variant=minbase', packages, 'bookworm', folder, 'http://deb.debian.org/debian');
    }
    const system = new ThrowAwaySystem(folder);
    for (const [file, text] of Object.entries(kernel)) system.write(file, text);
    system.write('etc/ssh/sshd_config', 'Port 2222\n');
    system.write('usr/lib/systemd/system/docker.service', '[Service]\nExecStart=/usr/bin/env true\n');
    return system;
  }

  constructor(readonly folder: string) {}

  at(file: string): string {
    return path.join(this.folder, file);
  }

  has(file: string): boolean {
    return existsSync(this.at(file));
  }

  read(file: string): string {
    return readFileSync(this.at(file), 'utf8');
  }

  write(file: string, text: string): void {
    mkdirSync(path.dirname(this.at(file)), { recursive: true });
    writeFileSync(this.at(file), text);
  }

  /** Of everything but what is kept of before: kind, rights, owner, where links lead, and the sum of each file. */
  listing(): string[] {
    const facts = run(
      ...(['find', this.folder, '-path', this.at('var/backups'), '-prune', '-o'] as const),
      ...['-printf', '%P %y %m %U:%G %l\n'],
    );
    const sums = run(
      'sh',
      '-c',
      `cd '${this.folder}' && find etc proc run usr/lib/systemd -type f -exec sha256sum {} + | sort`,
    );
    return [...facts.split('\n').sort(), ...sums.split('\n')].filter(Boolean);
  }

  /** The applies of which is kept what was before. */
  get records(): string[] {
    return this.has('var/backups/stockops') ? readdirSync(this.at('var/backups/stockops')) : [];
  }

  /** Forgets what was kept, for the next case. */
  forget(): void {
    rmSync(this.at('var/backups/stockops'), { recursive: true, force: true });
  }

  /** `stockops host` on it. */
  host(...words: string[]): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, this.#words(words), { cwd: repository, encoding: 'utf8' });
  }

  /** As `host`, which has to succeed. @returns what it printed */
  hostWell(...words: string[]): string {
    const { status, stdout, stderr } = this.host(...words);
    assert.equal(status, 0, `stockops host ${words.join(' ')} ended with ${status}: ${stderr}${stdout}`);
    return stdout;
  }

  /** As `host`, which has to be refused for a reason. */
  hostRefused(reason: RegExp, ...words: string[]): void {
    const { status, stdout, stderr } = this.host(...words);
    assert.equal(status, 1, `stockops host ${words.join(' ')} ended with ${status}: ${stdout}`);
    assert.match(stderr, reason);
  }

  /** As `host`, beside others. @param killedAt of the files that take their names, the one at which the process is killed */
  async hostBeside(
    words: readonly string[],
    killedAt?: number,
  ): Promise<{ status: number | null; signal: string | null }> {
    const killer = killedAt === undefined ? [] : ['--import', path.join(__dirname, 'kill-at-rename.mjs')];
    const child = spawn(process.execPath, [...killer, ...this.#words(words)], {
      cwd: repository,
      env: { ...process.env, KILLED_AT: `${killedAt}` },
      stdio: 'ignore',
    });
    const [status, signal] = await once(child, 'close');
    return { status, signal };
  }

  /** Another folder in place of one of its own, until the work is done. */
  async mounted(folder: string, options: readonly string[], work: () => Promise<void>): Promise<void> {
    const kept = `${this.folder}.kept`;
    cpSync(this.at(folder), kept, { recursive: true, verbatimSymlinks: true });
    run('mount', ...options, this.at(folder));
    try {
      await work();
    } finally {
      run('umount', this.at(folder));
      rmSync(kept, { recursive: true });
    }
  }

  readonly #words = (words: readonly string[]): string[] => [
    ...['--import', 'tsx', 'ops/src/stockops.ts', 'host'],
    ...words,
    ...['--root', this.folder],
  ];
}
