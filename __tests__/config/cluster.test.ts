import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import { changed } from './changed';
import { problems } from './problems';

const refused = (cluster: unknown) => problems(changed(dev, { cluster }));

test('what a cluster may ask is accepted', () => {
  const cluster = {
    labels: { 'example.com/team': 'quant' },
    annotations: { 'example.com/contact': 'quant@example.com, by day' },
    ignoredLabels: ['^.*\\.cattle\\.io/'],
    ignoredAnnotations: ['^field\\.cattle\\.io/'],
    placement: {
      nodeSelector: { pool: 'apps' },
      tolerations: [{ key: 'dedicated', value: 'apps', effect: 'NoExecute', seconds: 60 }, { key: 'spot' }],
      priorityClass: 'business',
      runtimeClass: 'gvisor',
      components: { postgres: { nodeSelector: { pool: 'data' } } },
    },
    storage: { class: 'ssd', classes: { 'postgres-data': 'ssd-fast' }, existingClaims: { 'queue-data': 'queue-2024' } },
  };
  expect(refused(cluster)).toEqual([]);
});

test.each<[what: string, cluster: unknown, line: RegExp]>([
  [
    'a label of ours',
    { labels: { 'app.kubernetes.io/name': 'x' } },
    /^cluster\.labels: got .+, allowed: other names than/,
  ],
  [
    'an annotation of ours',
    { annotations: { 'stockanalysis.com/files': 'x' } },
    /^cluster\.annotations: got .+ other names/,
  ],
  [
    'a name that is none',
    { labels: { 'two words': 'x' } },
    /^cluster\.labels: got "two words", allowed: a name of a label/,
  ],
  [
    'a value that is none',
    { labels: { team: 'a b' } },
    /^cluster\.labels\.team: got "a b", allowed: a value of a label/,
  ],
  [
    'a pattern that is none',
    { ignoredLabels: ['('] },
    /^cluster\.ignoredLabels\.0: got "\(", allowed: a regular expression/,
  ],
  [
    'a pattern of our names',
    { ignoredLabels: ['kubernetes'] },
    /^cluster\.ignoredLabels\.0: got "kubernetes", allowed: .+ none of the platform's own/,
  ],
  [
    'a class that is none',
    { storage: { class: 'SSD' } },
    /^cluster\.storage\.class: got "SSD", allowed: a name of lower-case letters/,
  ],
  [
    'a time where nobody is evicted',
    { placement: { components: { api: { tolerations: [{ key: 'spot', seconds: 1 }] } } } },
    /^cluster\.placement\.tolerations: got {"key":"spot","seconds":1}, allowed: seconds where the effect is "NoExecute"/,
  ],
  [
    'a class for a claim that exists',
    { storage: { classes: { 'postgres-data': 'ssd' }, existingClaims: { 'postgres-data': 'old' } } },
    /^cluster\.storage\.classes\.postgres-data: got "ssd", allowed: nothing for a claim that exists/,
  ],
])('%s is refused', (_, cluster, line) => {
  expect(refused(cluster)).toEqual([expect.stringMatching(line)]);
});

test('an engine has none of it', () => {
  expect(problems(changed(local, { cluster: {} }))).toEqual([
    expect.stringMatching(/^cluster: got {}, allowed: nothing on Docker/),
  ]);
});

describe('who pulls', () => {
  const registryLogin = { registry: 'registry.example.com:5000', username: 'robot$ci' };

  test.each([dev, local])('is a user of a registry in $name', (config) => {
    expect(problems(changed(config, { 'images.registryLogin': registryLogin }))).toEqual([]);
  });

  test('is not said twice', () => {
    expect(problems(changed(dev, { 'images.registryLogin': registryLogin, 'images.pullSecret': 'pull' }))).toEqual([
      'images.pullSecret: got "pull", allowed: nothing beside registryLogin, which makes a Secret of its own',
    ]);
  });

  test.each(['https://registry.example.com', 'docker.io', 'registry.example.com/path'])(
    'is nobody at %s',
    (registry) => {
      expect(problems(changed(dev, { 'images.registryLogin': { ...registryLogin, registry } }))).toEqual([
        `images.registryLogin.registry: got "${registry}", allowed: host, and port where it has one, of a registry that is not Docker Hub`,
      ]);
    },
  );
});
