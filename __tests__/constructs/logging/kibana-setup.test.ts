import { defineEnvironment } from '../../../config/environment';
import dev from '../../../config/environments/dev';
import local from '../../../config/environments/local';
import { all, any, isAtLeast, isNumber, isThere, says } from '../../../constructs/kibana/log-condition';
import { logSearches } from '../../../constructs/kibana/log-searches';
import { savedObjects } from '../../../constructs/kibana/saved-objects';
import { logMappings } from '../../../constructs/log-setup/log-mappings';
import { isText, textsOf } from '../../../constructs/workload/files';
import { Workload } from '../../../constructs/workload/workload';
import { synthesizedSystems } from '../../synthesized';

const logging = {
  retentionDays: 30,
  elasticsearch: { storageGiB: 5, cpuMillicores: 1000, memoryMiB: 2048 },
  logstash: { storageGiB: 2, cpuMillicores: 500, memoryMiB: 1024 },
  kibana: { cpuMillicores: 500, memoryMiB: 2048 },
  filebeat: { cpuMillicores: 100, memoryMiB: 200 },
  setUp: { cpuMillicores: 250, memoryMiB: 256 },
};
const quota = { cpuMillicores: 12_000, memoryMiB: 20_480, storageGiB: 60, pods: 40 };

interface Mapped {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Mapped>>;
}

/** The names of all fields of the index template. */
const fieldsIn = ({ properties = {} }: Mapped, above = ''): string[] =>
  Object.entries(properties).flatMap(([name, mapped]) =>
    mapped.properties ? fieldsIn(mapped, `${above}${name}.`) : [`${above}${name}`],
  );

describe('the searches', () => {
  test('show and ask for nothing but fields of the index template', () => {
    const known = new Set(fieldsIn({ properties: logMappings.properties }));
    expect(known.has('trace.id')).toBe(true);
    const asked = logSearches.flatMap(({ columns, condition }) => [
      ...columns,
      ...(condition.kql.match(/[@a-z_]+(\.[a-z_]+)*(?=:| >=)/g) ?? []),
    ]);
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((field) => !known.has(field))).toEqual([]);
  });

  test('are written in the language of Kibana, and in that of Elasticsearch for the same', () => {
    const condition = all(
      says('message', 'a "b\\'),
      any(isNumber('http.response.status_code', 401), isThere('trace.id')),
    );
    expect(condition.kql).toBe(String.raw`(message: "a \"b\\" and (http.response.status_code: 401 or trace.id: *))`);
    expect(condition.query).toEqual({
      bool: {
        filter: [
          { match_phrase: { message: 'a "b\\' } },
          {
            bool: {
              should: [{ match: { 'http.response.status_code': 401 } }, { exists: { field: 'trace.id' } }],
              minimum_should_match: 1,
            },
          },
        ],
      },
    });
    expect(isAtLeast('http.response.status_code', 500).kql).toBe('http.response.status_code >= 500');
  });
});

test('each object leads to objects of the same file, and what it is known by says the environment', () => {
  const objects = savedObjects('dev');
  const ids = objects.map(({ type, id }) => `${type} ${id}`);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, references } of objects) {
    expect(id).toMatch(/^stock-[a-z-]+-dev$/);
    for (const reference of references) expect(ids).toContain(`${reference.type} ${reference.id}`);
  }
});

test('each panel of the page has a place of its own and names its reference', () => {
  const page = savedObjects('dev').find(({ type }) => type === 'dashboard');
  const panels = JSON.parse(page?.attributes.panelsJSON as string) as Array<{
    panelIndex: string;
    panelRefName: string;
    gridData: { y: number; h: number };
  }>;
  expect(page?.references.map(({ name }) => name)).toEqual(
    panels.map(({ panelIndex, panelRefName }) => `${panelIndex}:${panelRefName}`),
  );
  expect(panels.map(({ gridData }) => gridData.y)).toEqual(panels.map(({ gridData }, index) => index * gridData.h));
});

describe.each([dev, local])('in $name', (config) => {
  const [system] = synthesizedSystems([defineEnvironment({ ...config, quota, logging })]);
  const task = system?.environment.all(Workload).find(({ component }) => component === 'kibana-setup') as Workload;

  test('a task of its own makes them as a user that may do nothing else, and reaches Kibana alone', () => {
    expect(task.props.command).toEqual([
      'node',
      '/etc/stock-analysis/set-up.mjs',
      'http://stock-analysis-kibana:5601',
      'stock_importer',
      '/etc/stock-analysis',
    ]);
    const edges = system?.environment.connections.describe().filter((line) => line.startsWith('kibana-setup -> '));
    expect(edges).toEqual(['kibana-setup -> kibana:5601']);
    const secrets = Object.values(task.files).flatMap((source) => (isText(source) ? [] : [source.secret.label]));
    expect(secrets).toEqual(['elasticsearch-importer']);
  });

  test('what it imports is the objects of this environment, an object a line', () => {
    const lines = (textsOf(task.files)['objects.ndjson'] ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(savedObjects(config.name))));
  });
});
