import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  /** The package itself may be missing. */
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
}

const read = (file: string) => JSON.parse(readFileSync(join(__dirname, '..', file), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };

/** Packages that some locked package may want on another platform, and that the lock file does not know. */
function missing(locked: Record<string, Locked>): string[] {
  const known = new Set(Object.keys(locked).map((path) => path.replace(/^.*node_modules\//, '')));
  return Object.values(locked)
    .filter(({ optional }) => !optional)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !known.has(name));
}

test('the lock file knows the packages of every platform, or npm ci would refuse it', () => {
  expect(missing(packages)).toEqual([]);
});

test('a lock file that lacks the packages of another platform is noticed', () => {
  expect(missing({ 'node_modules/tool': { optionalDependencies: { '@tool/darwin': '1.0.0' } } })).toEqual([
    '@tool/darwin',
  ]);
});

/** Packages that no Node.js of a major version suits, as none of the versions that they allow begins so early. */
const tooNewFor = (major: number, locked: Record<string, Locked>): string[] =>
  Object.entries(locked)
    .filter(([, { engines }]) => majorsIn(engines?.node ?? '0').every((first) => first > major))
    .map(([path]) => path);

/** With which each range of a text such as `^20.1 || >=22` begins. */
const majorsIn = (ranges: string): number[] => ranges.split('||').map((range) => Number(/\d+/.exec(range)?.[0] ?? 0));

test('every locked package runs on the oldest Node.js that is ours, so that npm ci warns of none', () => {
  const [oldest = 0] = majorsIn(read('package.json').engines.node);
  expect(oldest).toBeGreaterThan(0);
  expect(tooNewFor(oldest, packages)).toEqual([]);
});

test('a package that wants a newer Node.js is noticed', () => {
  const wanting = (node: string) => ({ [node]: { engines: { node } } });
  const locked = { ...wanting('>=22'), ...wanting('^22.13.0 || >=24'), ...wanting('^20.19.0 || >=22.12.0'), any: {} };
  expect(tooNewFor(20, locked)).toEqual(['>=22', '^22.13.0 || >=24']);
});
