import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, repositoryRoot, runMain, stopCommands } from '../command';
import { allStacks } from '../synthesized';

const stacks = allStacks().length;
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'determinism-')));
afterAll(() => {
  stopCommands();
  rmSync(directory, { recursive: true });
});

/** Someone else's machine, as far as a process can tell. */
const machines = {
  one: {
    TZ: 'Pacific/Kiritimati',
    LANG: 'tr_TR.UTF-8',
    LC_ALL: 'tr_TR.UTF-8',
    USER: 'zebra-ada',
    HOSTNAME: 'zebra-one',
  },
  two: { TZ: 'America/Caracas', LANG: 'C', LC_ALL: 'C', USER: 'zebra-bob', HOSTNAME: 'zebra-two' },
};
let ended: Ended[];
let files: Array<Map<string, string>>;

beforeAll(async () => {
  ended = await Promise.all(
    Object.entries(machines).map(([name, environment]) => {
      const home = join(directory, name, 'zebra-home');
      mkdirSync(home, { recursive: true });
      // One of them is run from where it stands, the other from somewhere else.
      const place = name === 'one' ? repositoryRoot : home;
      return runMain(
        { ...environment, HOME: home, LOGNAME: environment.USER, CDKTF_OUTDIR: join(directory, name, 'out') },
        place,
      );
    }),
  );
  files = Object.keys(machines).map((name) => contentsOf(join(directory, name, 'out')));
});

function contentsOf(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}

test('two machines of different places, languages and users synthesize the same bytes', () => {
  expect(ended.map(({ status }) => status)).toEqual([0, 0]);
  const [one = new Map(), two = new Map()] = files;
  expect([...one.keys()]).toEqual([...two.keys()]);
  expect([...one.keys()].filter((path) => path.endsWith('cdk.tf.json'))).toHaveLength(stacks);
  expect([...one].filter(([path, text]) => two.get(path) !== text).map(([path]) => path)).toEqual([]);
});

test('nothing of the machine is left in them: no path, no host, no user, no token, no stack trace', () => {
  const traces = [
    repositoryRoot,
    directory,
    'zebra',
    ...(hostname().length > 3 ? [hostname()] : []),
    '/home/',
    '/root/',
    '/Users/',
    '${TfToken',
    'TfToken[',
    'Token[',
    'node_modules',
    '__tests__',
  ];
  for (const [path, text] of files[0] ?? []) {
    expect([path, traces.filter((trace) => text.includes(trace))]).toEqual([path, []]);
  }
});

test('no time is left in them either', () => {
  const year = new Date().getUTCFullYear();
  for (const [path, text] of files[0] ?? []) {
    expect([path, text.match(new RegExp(`\\b${year}-\\d\\d-\\d\\d`))?.[0]]).toEqual([path, undefined]);
    expect([path, text.match(/\b1[6-9]\d{8}(\d{3})?\b/)?.[0]]).toEqual([path, undefined]);
  }
});

test('an environment that cannot be deployed yet says so, last of all, and why', () => {
  const obstacles = (name: string) => [
    `  ${name}: no release yet; put its digests into config/environments/${name}.ts`,
    expect.stringMatching(new RegExp(`^  ${name}: \\d+ images have no digest; npm run digests .{1,120}$`)),
  ];
  expect(ended[0]?.stderr.trimEnd().split('\n').slice(stacks)).toEqual([
    expect.stringContaining('cannot be deployed yet'),
    ...obstacles('staging'),
    ...obstacles('production'),
  ]);
});

test('a line says where each stack is, as seen from where it was run', () => {
  expect(ended[0]?.stderr).toMatch(/^local-platform +\d+ resources +\S+\/stacks\/local-platform\/cdk\.tf\.json$/m);
});
