import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePortRow } from '../support/free-ports';
import { processesLeft, processesNaming } from '../support/processes';
import { Terminal } from '../support/terminal';

const repository = path.join(__dirname, '../../..');
// Ten at rest; a machine that runs other tests is slower.
const endSeconds = 60;
const startSeconds = 200;
jest.setTimeout(300_000);

describe('npm start in a terminal', () => {
  let parent: string;
  let folder: string;
  let port: number;
  let terminal: Terminal;
  beforeAll(async () => {
    parent = mkdtempSync(path.join(tmpdir(), 'stock-analysis-terminal-'));
    folder = path.join(parent, 'data');
    port = await freePortRow(4);
  });
  afterAll(async () => {
    // Only a failed test leaves one running.
    for (const { id } of processesNaming(folder)) process.kill(id, 'SIGKILL');
    await processesLeft(folder, endSeconds);
    rmSync(parent, { recursive: true });
  });

  /** @param options of npm */
  async function start(options = ''): Promise<void> {
    // The shell that the terminal begins with is to be npm itself: it has a status of its own for Ctrl-C.
    const words = `exec npm start ${options} -- --no-sample --folder ${folder} --port ${port} --metrics-port ${port + 1}`;
    const env = { ...process.env, ENVIRONMENT: 'local', CDKTF_OUTDIR: path.join(parent, 'out') };
    terminal = new Terminal(words, { cwd: repository, env });
    await terminal.shows('Ctrl-C stops everything', startSeconds);
  }

  // What npm runs before, a synthesis, is over by then, and was seen to work by the first start.
  const withoutSynthesis = '--ignore-scripts';

  const processIdOf = (command: string): number => {
    const found = processesNaming(folder).find((each) => each.command.startsWith(command));
    if (!found) throw new Error(`no process '${command}' names ${folder}`);
    return found.id;
  };

  /** The status once the API is not too busy to answer. */
  const statusOfKeptKey = async (): Promise<number> => {
    const key = readFileSync(path.join(folder, 'demo-api-key'), 'utf8');
    for (;;) {
      const { status } = await fetch(`http://127.0.0.1:${port}/api/v1/stocks`, { headers: { 'x-api-key': key } });
      if (status !== 503) return status;
      await sleep(500);
    }
  };

  test('Ctrl-C, pressed once more and once more, stops everything with status 0', async () => {
    await start();
    expect(processesNaming(folder).map(({ command }) => command)).toContainEqual(
      expect.stringContaining('postgres -D'),
    );
    for (const pauseSeconds of [0.05, 0.3, 0]) {
      terminal.pressCtrlC();
      await sleep(pauseSeconds * 1000);
    }
    expect(await terminal.ended).toBe(0);
    expect(await processesLeft(folder, endSeconds)).toEqual([]);
  });

  test('a closed terminal leaves nothing behind', async () => {
    await start(withoutSynthesis);
    expect(await statusOfKeptKey()).toBe(200);
    terminal.close();
    expect(await processesLeft(folder, endSeconds)).toEqual([]);
  });

  test('a killed npm leaves nothing behind', async () => {
    await start(withoutSynthesis);
    expect(await statusOfKeptKey()).toBe(200);
    process.kill(processIdOf('npm start'), 'SIGKILL');
    expect(await processesLeft(folder, endSeconds)).toEqual([]);
  });
});
