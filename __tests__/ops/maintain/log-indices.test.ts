import { Refusal } from '../../../ops/src/failures';
import { deleteIndex, lookAtIndex } from '../../../ops/src/maintain/indices/delete-index';
import { readLogIndices } from '../../../ops/src/maintain/indices/log-indices';
import { describedRetention, LogStore } from '../../../ops/src/maintain/indices/log-store';
import type { Place } from '../../../ops/src/place/place';
import { stackOf } from '../checks/described';

const day = 86_400_000;
const now = Date.now();
const retention = { policy: 'stock-logs-staging', days: 30, isOurs: true };
const [oldest, failed, foreign, written, restored] = ['api-1', 'api-2', 'api-3', 'api-4', 'restored-1'].map(
  (name) => `.ds-logs-stock.${name}`,
) as [string, string, string, string, string];

const managed = (days: number, more: object = {}) => ({
  managed: true,
  policy: 'stock-logs-staging',
  lifecycle_date_millis: now - days * day,
  ...more,
});

/** As Elasticsearch 9.5 answers, what is read of it. */
const answers: Record<string, object> = {
  'GET /_resolve/index/logs-stock.*-staging': {
    data_streams: [
      { name: 'logs-stock.api-staging', backing_indices: [oldest, failed, foreign, written] },
      // Of a stream with one index it gives no list.
      { name: 'logs-stock.restored-api-staging', backing_indices: restored },
    ],
  },
  'GET /_cat/indices/logs-stock.*-staging?format=json&bytes=b&expand_wildcards=all&h=index,store.size,docs.count': [
    { index: oldest, 'store.size': '2048', 'docs.count': '7' },
  ],
  'GET /logs-stock.*-staging/_ilm/explain': {
    indices: {
      [oldest]: managed(33.5),
      [failed]: managed(20, { step: 'ERROR', failed_step: 'delete', step_info: { reason: 'snapshot under way' } }),
      [foreign]: managed(20, { policy: 'logs' }),
      [written]: managed(50),
      [restored]: { managed: false },
    },
  },
  'GET /_ilm/policy/stock-logs-staging': {
    'stock-logs-staging': { policy: { phases: { delete: { min_age: '30d' } } } },
  },
  'GET /_ilm/status': { operation_mode: 'RUNNING' },
  'GET /_snapshot/stock-logs/logs-*': {
    snapshots: [
      { snapshot: 'logs-20261101t173000z', state: 'SUCCESS', indices: [oldest] },
      { snapshot: 'logs-20261102t173000z', state: 'SUCCESS', indices: [oldest] },
      { snapshot: 'logs-20261103t173000z', state: 'PARTIAL', indices: [oldest] },
    ],
  },
  [`DELETE /${oldest}`]: { acknowledged: true },
};

/** An Elasticsearch that answers so, and 404 to all else. */
function storeOf(more: Record<string, object | undefined> = {}) {
  const asked: string[] = [];
  const run: Place['run'] = async (_component, words) => {
    const question = words.slice(-2).join(' ');
    asked.push(question);
    const answer = { ...answers, ...more }[question];
    return { status: 0, said: '', output: answer ? `${JSON.stringify(answer)}\n200` : '{"error":{}}\n404' };
  };
  const place = { environment: 'staging', run } as Partial<Place> as Place;
  return { store: new LogStore(place, new AbortController().signal), asked };
}

test('each index that will not go in time is told why, and one that is written to has time', async () => {
  const { indices, problems } = await readLogIndices(storeOf().store, retention, now);
  expect(problems).toEqual([]);
  expect(indices.map(({ name, problem }) => [name, problem])).toEqual([
    [written, undefined],
    [oldest, 'it was to go 3 days ago'],
    [failed, 'its lifecycle failed at delete: snapshot under way'],
    [foreign, 'it is of the lifecycle logs, not of stock-logs-staging'],
    [restored, 'no lifecycle has it, so that nothing deletes it'],
  ]);
  expect(indices[1]).toMatchObject({ bytes: 2048, lines: 7, stream: 'logs-stock.api-staging', isWrittenTo: false });
});

test('lifecycles that stand still, are gone or are others than described are told', async () => {
  const { store } = storeOf({
    'GET /_ilm/status': { operation_mode: 'STOPPED' },
    'GET /_ilm/policy/stock-logs-staging': undefined,
  });
  expect((await readLogIndices(store, retention, now)).problems).toEqual([
    expect.stringContaining('lifecycles are STOPPED'),
    expect.stringContaining('it is not there, described are 30d'),
  ]);
  const other = await readLogIndices(storeOf().store, { ...retention, days: 7 }, now);
  expect(other.problems).toEqual([expect.stringContaining('deletes after 30d, described are 7d')]);
});

test('an index is deleted by its name alone, after its newest whole snapshot was looked for', async () => {
  const { store, asked } = storeOf();
  const found = await lookAtIndex(store, retention, oldest);
  expect(found).toMatchObject({ index: { name: oldest, lines: 7 }, snapshot: 'logs-20261102t173000z' });
  expect(asked.filter((question) => question.startsWith('DELETE'))).toEqual([]);
  await deleteIndex(store, found);
  expect(asked.at(-1)).toBe(`DELETE /${oldest}`);
});

test.each(['*', '_all', '.security-7', '../x', '', "a'b", 'logs-stock.api-staging'])(
  'what is no index of the logs is not deleted: %j',
  async (name) => {
    await expect(lookAtIndex(storeOf().store, retention, name)).rejects.toThrow(
      `the logs have no index "${name}"; allowed: ${oldest}, `,
    );
  },
);

test('the index that lines are written to is not deleted, and who may say no is quoted', async () => {
  await expect(lookAtIndex(storeOf().store, retention, written)).rejects.toThrow('lines are being written to');
  const refusing = {
    run: async () => ({ status: 0, said: '', output: '{"error":"no"}\n403' }),
  } as Partial<Place> as Place;
  const ask = new LogStore(refusing, new AbortController().signal).ask('GET', '/x');
  await expect(ask).rejects.toThrow(Refusal);
  await expect(ask).rejects.toThrow('answers 403 to GET /x: {"error":"no"}');
});

test('how long logs are kept is read from what the set-up is described to do', () => {
  const requests = (path: string, days: string) =>
    JSON.stringify([{ method: 'PUT', path, body: { policy: { phases: { delete: { min_age: days } } } } }]);
  const described = (elasticsearch: object) =>
    stackOf('logging', {
      kubernetes_config_map_v1: {
        kibana: { data: { 'requests.json': '[{"method":"POST","path":"/kibana/api"}]' } },
        setUp: { data: { 'requests.json': requests('/_ilm/policy/stock-logs-staging', '14d') } },
      },
      kubernetes_stateful_set_v1: { ...elasticsearch } as Record<string, object>,
    });
  const policy = 'stock-logs-staging';
  expect(describedRetention([described({ elasticsearch: {} })])).toEqual({ policy, days: 14, isOurs: true });
  expect(describedRetention([described({})])).toEqual({ policy, days: 14, isOurs: false });
  expect(describedRetention([])).toBeUndefined();
});
