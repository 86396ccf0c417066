import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { cluster } from '../../config/cluster';
import { proxy } from '../../config/proxy';
import { state } from '../../config/state';

const text = readFileSync(join(__dirname, '../../docs/estate.md'), 'utf8');

/** The paths of all settings of a schema, down to what is no block of its own. */
function pathsOf(schema: unknown, path: string): string[] {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject) || path.endsWith('dns.pods')) return [path];
  return Object.entries(inner.shape).flatMap(([name, field]) => pathsOf(field, `${path}.${name}`));
}

const paths = [...pathsOf(cluster, 'cluster'), ...pathsOf(proxy, 'proxy')];

test.each(paths)('%s is in docs/estate.md', (path) => {
  expect(text).toContain(`\`${path}\``);
});

test('so is each kind of state', () => {
  const kinds = state.options.map(({ shape }) => shape.type.value).filter((kind) => kind !== 'local');
  expect(paths.length).toBeGreaterThan(15);
  expect(kinds.filter((kind) => !text.includes(`type: '${kind}'`))).toEqual([]);
});

test('a setting that is not there is not in it', () => {
  const named = [...text.matchAll(/`((?:cluster|proxy)\.[\w.]+)`/g)].map(([, path]) => path as string);
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((path) => !paths.includes(path))).toEqual([]);
});
