import dev from '../../config/environments/dev';
import { raisedPreview } from '../../config/raised-preview';
import { synthesizedSystems } from '../synthesized';

const raised = { by: 'ada ${}', commit: '0123456789abcdef', until: '2026-11-28T00:00:00Z' };
const described = (changes: object = {}): string =>
  JSON.stringify({ name: 'pr-7', from: 'dev', hours: 24, monitoring: false, raised, ...changes });

test('a raised preview is like another environment, without monitoring where it is not wanted', () => {
  expect(raisedPreview(described())).toMatchObject({ namespace: 'stock-analysis-pr-7', tier: 'development', raised });
  expect(raisedPreview(described()).observability).toBeUndefined();
  expect(raisedPreview(described({ monitoring: true })).observability).toEqual({
    ...dev.observability,
    notifications: {},
  });
});

interface Made {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

test('all that is made for it has its name, the longest too, and its namespaces say for whom it is and until when', () => {
  const name = 'a'.repeat(18);
  const [system] = synthesizedSystems([raisedPreview(described({ name, monitoring: true }))]);
  const made = (['platform', 'data', 'application', 'observability'] as const).flatMap((unit) =>
    Object.entries(system?.stack(unit).json.resource ?? {}).flatMap(([type, named]) =>
      Object.values(named as unknown as Record<string, Made>).map((body) => ({ type, ...body })),
    ),
  );
  const labelled = made.filter(({ type }) => type.startsWith('kubernetes_'));
  expect(labelled.length).toBeGreaterThan(50);
  for (const { metadata } of labelled) expect(metadata.labels['stockanalysis.com/preview']).toBe(name);
  const namespaces = labelled.filter(({ type }) => type === 'kubernetes_namespace_v1');
  expect(namespaces).toHaveLength(2);
  for (const { metadata } of namespaces) {
    expect(metadata.annotations).toEqual({
      'janitor/expires': raised.until,
      'stockanalysis.com/raised-by': 'ada $${}',
      'stockanalysis.com/commit': raised.commit,
    });
  }
});

test.each([
  ['the name of an environment', { name: 'production' }, 'PREVIEW: name "production" is that of an environment'],
  ['another environment’s namespace', { name: 'agents' }, 'both have namespace "stock-analysis-agents"'],
  ['no environment to be like', { from: 'nothing' }, "there is no environment 'nothing'"],
  ['an environment on an engine', { from: 'local' }, 'lifetimeHours: got 24, allowed: nothing on Docker'],
  ['no moment', { raised: { ...raised, until: 'tomorrow' } }, 'raised.until: got "tomorrow"'],
  ['something else', { other: 1 }, 'allowed: what `stockops preview up` gives it'],
])('with %s it is refused', (_title, changes, reason) => {
  expect(() => raisedPreview(described(changes))).toThrow(reason);
});
