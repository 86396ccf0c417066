import type { EnvironmentConfig } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import production from '../../config/environments/production';
import { previewOf } from '../../config/preview';
import { loggingElsewhere, sending, watchedByOperator } from '../../examples/existing/environments';
import { changed } from './changed';
import { problems } from './problems';

const remoteWrite = 'observability.prometheus.remoteWrite';
const alertmanager = 'observability.alertmanager';

test.each<[string, EnvironmentConfig, Record<string, unknown>, string]>([
  [
    'a URL that is none',
    sending,
    { [`${remoteWrite}.url`]: 'ftp://metrics.example.com' },
    `${remoteWrite}.url: got "ftp://metrics.example.com", allowed: an http or https URL`,
  ],
  [
    'a password in a URL',
    sending,
    { [`${remoteWrite}.url`]: 'https://me:secret@metrics.example.com' },
    `${remoteWrite}.url: got "https://me:secret@metrics.example.com", allowed: a URL without user, password, query and fragment; whoever logs in is in login`,
  ],
  [
    'a login without TLS',
    sending,
    { [`${remoteWrite}.url`]: 'http://metrics.example.com', [`${remoteWrite}.caFile`]: undefined },
    `${remoteWrite}.url: got "http://metrics.example.com", allowed: an https URL where there is a login: whoever is between would have it`,
  ],
  [
    'a CA where no certificate is checked',
    sending,
    { [`${remoteWrite}.url`]: 'http://metrics.example.com', [`${remoteWrite}.login`]: undefined },
    `${remoteWrite}.caFile: got "__tests__/config/ca.pem", allowed: nothing where no certificate is checked; use https, or remove it`,
  ],
  [
    'a way to log in that is not known',
    sending,
    { [`${remoteWrite}.login`]: { by: 'certificate' } },
    `${remoteWrite}.login.by: got "certificate", allowed: "password", "token"`,
  ],
  [
    'a queue that would take the memory',
    sending,
    { [`${remoteWrite}.queue`]: { maxShards: 200, capacity: 100_000, maxSamplesPerSend: 2000 } },
    `${remoteWrite}.queue: got {"maxShards":200,"capacity":100000,"maxSamplesPerSend":2000}, allowed: maxShards × (capacity + maxSamplesPerSend) of 1342177 or less, a quarter of memoryMiB; it is 20400000`,
  ],
  [
    'no Alertmanager at all',
    sending,
    { [`${alertmanager}.urls`]: [] },
    `${alertmanager}.urls: got [], allowed: one URL or more`,
  ],
  [
    'people who are told by an Alertmanager of others',
    sending,
    { 'observability.notifications': { slack: { channel: '#alerts' } } },
    'observability.notifications: got {"slack":{"channel":"#alerts"}}, allowed: nothing where alertmanager.topology is "existing": whom that one tells is written down there',
  ],
  [
    'dashboards without a Prometheus of ours',
    watchedByOperator,
    { 'observability.grafana': { cpuMillicores: 100, memoryMiB: 128 } },
    'observability.grafana: unknown key; remove it or correct its name',
  ],
  [
    'a Prometheus without labels, which would be every pod of its namespace',
    watchedByOperator,
    { 'observability.pods.labels': {} },
    'observability.pods.labels: got {}, allowed: one label or more',
  ],
  [
    'a way to be found that is not known',
    watchedByOperator,
    { 'observability.discovery': { by: 'dns' } },
    'observability.discovery.by: got "dns", allowed: "annotations", "monitors"',
  ],
  [
    'a server of logs that is not reached by TLS',
    loggingElsewhere,
    { 'logging.elasticsearch.url': 'http://search.example.com:9200' },
    'logging.elasticsearch.url: got "http://search.example.com:9200", allowed: https, a host and a port, e.g. https://search.example.com:9200',
  ],
  [
    'a size of what somebody else runs',
    loggingElsewhere,
    { 'logging.elasticsearch.memoryMiB': 4096 },
    'logging.elasticsearch.memoryMiB: unknown key; remove it or correct its name',
  ],
])('%s is refused', (_, config, values, line) => {
  expect(problems(changed(config, values))).toEqual([line]);
});

test('a Prometheus that finds pods is nothing for an engine, and the message says what is', () => {
  const { observability } = watchedByOperator;
  expect(problems({ ...local, observability })).toEqual([
    'observability.topology: got "existing", allowed: "bundled" on Docker, with prometheus.remoteWrite for a store elsewhere: no Prometheus finds the containers of an engine by itself',
  ]);
});

test('production sends nothing without TLS, and needs nobody to be told where another Alertmanager does', () => {
  const open = { topology: 'existing', urls: ['http://alerts.example.com'] };
  expect(problems(changed(production, { [alertmanager]: open, 'observability.notifications': {} }))).toEqual([
    `${alertmanager}.urls.0: got "http://alerts.example.com", allowed: an https URL in production`,
  ]);
  const checked = { ...open, urls: ['https://alerts.example.com'] };
  expect(problems(changed(production, { [alertmanager]: checked, 'observability.notifications': {} }))).toEqual([]);
});

test('a preview keeps its logs to itself', () => {
  expect(problems(previewOf(loggingElsewhere, { name: 'pr-7', hours: 48 }))).toEqual([
    'logging.elasticsearch.topology: got "existing", allowed: "bundled" where lifetimeHours is set: what is there for a while does not leave its logs with others',
  ]);
});

test('what is said to be ours is what is ours without a word', () => {
  const said = changed(dev, { 'observability.topology': 'bundled', [`${alertmanager}.topology`]: 'bundled' });
  expect(problems(said)).toEqual([]);
  expect(problems(changed(dev, { 'observability.topology': 'operator' }))).toEqual([
    'observability.topology: got "operator", allowed: "bundled", nothing, "existing"',
  ]);
});
