import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentsIn } from '../../config/environment-files';

const config = join(__dirname, '../../config');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'environments-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The names of the environments of a folder that holds these texts. */
function found(files: Record<string, string>): string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.ts`), text);
  return environmentsIn(folder).map(({ name }) => name);
}

/** What somebody writes into a file for a preview of dev. */
const preview = (name: string, values = ''): string => `
  import { defineEnvironment } from '${config}/environment';
  import dev from '${config}/environments/dev';
  import { previewOf } from '${config}/preview';
  export default defineEnvironment({ ...previewOf(dev, { name: '${name}', hours: 48 }), ${values} });`;

test('a file is an environment by being there, and production is last', () => {
  const production = `export { default } from '${config}/environments/production';`;
  expect(found({ production, 'pr-7': preview('pr-7'), 'pr-12': preview('pr-12') })).toEqual([
    'pr-12',
    'pr-7',
    'production',
  ]);
});

test('a file under another name than its environment’s is refused', () => {
  expect(() => found({ other: preview('pr-7') })).toThrow(
    /other\.ts defines environment "pr-7", allowed: the name of its file$/,
  );
});

test('a file without a configuration is refused', () => {
  expect(() => found({ empty: 'export const nothing = 1;' })).toThrow(/empty\.ts has no default export/);
});

test('two that could be in each other’s way in a cluster are refused', () => {
  const both = { 'pr-7': preview('pr-7', "namespace: 'shared'"), 'pr-8': preview('pr-8', "namespace: 'shared'") };
  expect(() => found(both)).toThrow('environments "pr-7" and "pr-8" both have namespace "shared" in any context');
});

test('two that would have the same host at the entrance of a cluster are refused', () => {
  const exposed = (name: string) => `
    import { defineEnvironment } from '${config}/environment';
    import dev from '${config}/environments/dev';
    export default defineEnvironment({
      ...dev, name: '${name}', namespace: '${name}',
      exposure: { type: 'ingress' }, gateway: { ...dev.gateway, trustedProxies: ['10.0.0.0/8'] },
    });`;
  expect(() => found({ one: exposed('one'), two: exposed('two') })).toThrow(
    'environments "one" and "two" both have host "localhost" at the entrance of any context',
  );
});

test.each([
  ['namespace', "{ namespace: 'other' }", 'environments "laptop" and "local" both have port 8080'],
  [
    'port',
    '{ gateway: { ...local.gateway, localPort: 8081 } }',
    'environments "laptop" and "local" both have "stock-analysis" as namespace on a Docker engine',
  ],
])('two on a Docker engine are refused when only the %s differs', (_what, values, error) => {
  const local = `export { default } from '${config}/environments/local';`;
  const laptop = `
    import { defineEnvironment } from '${config}/environment';
    import local from '${config}/environments/local';
    export default defineEnvironment({ ...local, name: 'laptop', ...${values} });`;
  expect(() => found({ local, laptop })).toThrow(error);
});

test.each([
  [
    'postgres',
    "host: 'db.example.com', port: 5432, database: 'stockdb'",
    'their database "stockdb" at db.example.com:5432',
  ],
  ['cache', "host: 'redis.example.com', port: 6379", 'their cache at redis.example.com:6379'],
  ['queue', "host: 'redis.example.com', port: 6379", 'their queue at redis.example.com:6379'],
])('two that would share the %s of somebody else are refused', (component, address, what) => {
  const on = (name: string) => `
    import { defineEnvironment } from '${config}/environment';
    import dev from '${config}/environments/dev';
    export default defineEnvironment({
      ...dev, name: '${name}', namespace: '${name}', backup: undefined,
      ${component}: { topology: 'existing', ${address} },
    });`;
  expect(() => found({ one: on('one'), two: on('two') })).toThrow(`environments "one" and "two" both have ${what}`);
});
