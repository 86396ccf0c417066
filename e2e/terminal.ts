import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePortRow } from '../app/test/support/free-ports';
import { processesLeft, processesNaming } from '../app/test/support/processes';
import { Terminal } from '../app/test/support/terminal';

// Every way to end `npm start` in a terminal: nothing is left, what was asked for ends with status 0, the data is whole
// and the next start works. As this user and, where this is root, as an ordinary one made for it.

const repository = path.join(__dirname, '..');
const startSeconds = 300;
const endSeconds = 10;
const temporaryUser = 'stock-terminal';

interface Place {
  who: string;
  folder: string;
  port: number;
  uid?: number;
  gid?: number;
}

interface Ending {
  name: string;
  /** Whether somebody asked for it, so that the status says success. */
  isAsked: boolean;
  end(terminal: Terminal, folder: string): Promise<void> | void;
}

const processIdOf = (folder: string, command: RegExp): number => {
  const found = processesNaming(folder).find((each) => command.test(each.command));
  if (!found) throw new Error(`no process ${command} names ${folder}`);
  return found.id;
};
const npm = /^npm start/;
const node = /^\S*node .*embedded\/main\.ts/;

const pressCtrlC =
  (times: number, pauseSeconds: number): Ending['end'] =>
  async (terminal) => {
    for (let pressed = 0; pressed < times; pressed++) {
      terminal.pressCtrlC();
      await sleep(pauseSeconds * 1000);
    }
  };
const signal =
  (name: NodeJS.Signals, command: RegExp): Ending['end'] =>
  (_, folder) => {
    process.kill(processIdOf(folder, command), name);
  };

const endings: Ending[] = [
  { name: 'Ctrl-C', isAsked: true, end: pressCtrlC(1, 0) },
  { name: 'Ctrl-C twice', isAsked: true, end: pressCtrlC(2, 0.5) },
  { name: 'Ctrl-C three times, quickly', isAsked: true, end: pressCtrlC(3, 0.03) },
  { name: 'SIGTERM to npm', isAsked: true, end: signal('SIGTERM', npm) },
  { name: 'SIGTERM to node', isAsked: true, end: signal('SIGTERM', node) },
  { name: 'terminal closed', isAsked: false, end: (terminal) => terminal.close() },
  { name: 'SIGHUP to npm', isAsked: false, end: signal('SIGHUP', npm) },
  { name: 'kill -9 npm', isAsked: false, end: signal('SIGKILL', npm) },
  { name: 'kill -9 node', isAsked: false, end: signal('SIGKILL', node) },
  {
    name: 'kill -9 npm and node',
    isAsked: false,
    end: (terminal, folder) => {
      const ids = [npm, node].map((command) => processIdOf(folder, command));
      for (const id of ids) process.kill(id, 'SIGKILL');
      terminal.close();
    },
  },
];

async function start({ folder, port, uid, gid }: Place): Promise<Terminal> {
  // The shell that the terminal begins with is to be npm itself: it has a status of its own for Ctrl-C.
  const words = `exec npm start -- --folder ${folder} --port ${port} --metrics-port ${port + 1}`;
  const env = {
    PATH: process.env.PATH,
    TERM: 'xterm',
    HOME: path.dirname(folder),
    ENVIRONMENT: 'local',
    CDKTF_OUTDIR: `${folder}-synthesized`,
  };
  const terminal = new Terminal(words, { cwd: repository, env, uid, gid });
  await terminal.shows('Ctrl-C stops everything', startSeconds);
  return terminal;
}

/** Number of bars that the page's key may read. */
async function countBars({ folder, port }: Place): Promise<number> {
  const key = readFileSync(path.join(folder, 'demo-api-key'), 'utf8');
  const url = `http://127.0.0.1:${port}/api/v1/stocks/604981.SH/daily?start=2024-01-02&limit=5000`;
  for (;;) {
    const answer = await fetch(url, { headers: { 'x-api-key': key } });
    if (answer.ok) return ((await answer.json()) as { data: unknown[] }).data.length;
    if (answer.status !== 503) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    await sleep(500);
  }
}

/** Ends one start in one way. @returns what is wrong */
async function tryEnding(place: Place, { name, isAsked, end }: Ending, barsBefore: number): Promise<string[]> {
  const terminal = await start(place);
  const bars = await countBars(place);
  const ended = performance.now();
  await end(terminal, place.folder);
  const left = await processesLeft(place.folder, endSeconds);
  const seconds = ((performance.now() - ended) / 1000).toFixed(1);
  const status = await Promise.race([terminal.ended, sleep(5_000).then(() => 'none')]);
  const faults = [
    ...left.map(({ id, command }) => `left after ${endSeconds} s: ${id} ${command}`),
    ...(isAsked && status !== 0 ? [`status ${status}`] : []),
    ...(bars < barsBefore ? [`${bars} bars, before ${barsBefore}`] : []),
  ];
  console.log(
    `${faults.length === 0 ? 'ok  ' : 'FAIL'} ${place.who}: ${name}: status ${status}, gone after ${seconds} s`,
  );
  for (const { id } of left) process.kill(id, 'SIGKILL');
  return faults.map((fault) => `${place.who}: ${name}: ${fault}`);
}

async function tryAll(place: Place): Promise<string[]> {
  const first = await start(place);
  const bars = await countBars(place);
  first.pressCtrlC();
  await first.ended;
  const faults: string[] = [];
  for (const ending of endings) faults.push(...(await tryEnding(place, ending, bars)));
  const last = await start(place);
  if ((await countBars(place)) < bars) faults.push(`${place.who}: bars are missing at the end`);
  last.pressCtrlC();
  if ((await last.ended) !== 0) faults.push(`${place.who}: the last start did not end well`);
  return faults;
}

/** A folder of a user of their own. */
async function makePlace(who: string, account: { uid?: number; gid?: number } = {}): Promise<Place> {
  const home = mkdtempSync(path.join(tmpdir(), 'stock-analysis-terminal-'));
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) chownSync(home, uid, gid);
  return { who, folder: path.join(home, 'data'), port: await freePortRow(4), ...account };
}

async function main(): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const places = [await makePlace(isRoot ? 'root' : 'this user')];
  try {
    if (isRoot) {
      // A run that was killed has left it.
      const isThere = spawnSync('id', [temporaryUser]).status === 0;
      if (!isThere) execFileSync('useradd', ['--no-create-home', temporaryUser]);
      const idOf = (option: string) => Number(execFileSync('id', [option, temporaryUser]));
      places.push(await makePlace('an ordinary user', { uid: idOf('-u'), gid: idOf('-g') }));
    }
    const faults: string[] = [];
    for (const place of places) faults.push(...(await tryAll(place)));
    for (const fault of faults) console.error(fault);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } finally {
    for (const { folder } of places) {
      for (const { id } of processesNaming(folder)) process.kill(id, 'SIGKILL');
      await processesLeft(folder, endSeconds);
      rmSync(path.dirname(folder), { recursive: true });
    }
    if (isRoot) execFileSync('userdel', [temporaryUser], { stdio: 'ignore' });
  }
}

main();
