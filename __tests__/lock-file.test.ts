import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  /** The package itself may be missing. */
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(join(__dirname, '../package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};

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
