import type { ElasticsearchServer } from '../elasticsearch/elasticsearch-endpoint';
import { type Pipeline, step } from './pipeline';

/** Where Filebeat sends to. */
export const beatsPort = 5044;

/** The variable that the start script puts the password of the writer into; no name of a setting, which would rewrite logstash.yml. */
export const passwordVariable = 'STOCK_LOGS_PASSWORD';

/** Whose log it is: of a pod the name of its file says it. */
export const podLogFile = String.raw`/(?<[kubernetes][pod][name]>[^_/]+)_(?<[kubernetes][namespace]>[^_/]+)_(?<[@metadata][component]>.+)-[0-9a-f]{64}\.log$`;

/** A line of Redis: 1:M 26 Nov 2026 09:00:00.123 * Ready to accept connections */
export const redisLine =
  '^%{INT:[process][pid]:int}:[A-Z] (?<[@metadata][time]>%{MONTHDAY} %{MONTH} %{YEAR} %{TIME}) (?<[log][level]>[-.*#]) %{GREEDYDATA:[@metadata][text]}$';

/** A line of PostgreSQL, as its log_line_prefix begins it: 2026-11-26 09:00:00.123 CST [57] stock_app@stockdb LOG:  duration: … */
export const postgresLine = String.raw`^(?<[@metadata][time]>%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{TIME}) [A-Z]+ \[%{INT:[process][pid]:int}\] (?:%{NOTSPACE:[user][name]}@%{NOTSPACE:[postgresql][log][database]} )?(?<[log][level]>[A-Z0-9]+):\s+(?<[@metadata][text]>(?m:.*))$`;

/** What Nginx writes of its own: 2026/11/26 09:00:00 [error] 31#31: *7 connect() failed … */
export const nginxErrorLine = String.raw`^(?<[@metadata][time]>%{YEAR}/%{MONTHNUM}/%{MONTHDAY} %{TIME}) \[(?<[log][level]>[a-z]+)\] %{INT:[process][pid]:int}#%{INT}: %{GREEDYDATA:[@metadata][text]}$`;

/** Where lines are stored, and as whom. */
export interface LogDestination extends ElasticsearchServer {
  readonly user: string;
}

/**
 * From Filebeat to the data stream of the component. A line that is not understood is kept as it is, under the time at
 * which it was read.
 */
export const logPipeline = (environment: string, destination: LogDestination): Pipeline => ({
  input: [step('beats', 'from-filebeat', { port: beatsPort })],
  filter: [
    step('mutate', 'component-of-container', {
      copy: { '[docker][attrs][app.kubernetes.io/name]': '[@metadata][component]' },
    }),
    {
      when: '![@metadata][component]',
      steps: [step('grok', 'component-of-pod', { match: { '[log][file][path]': podLogFile } })],
    },
    {
      when: '![@metadata][component]',
      steps: [step('mutate', 'component-unknown', { replace: { '[@metadata][component]': 'unknown' } })],
    },
    {
      when: '[message] =~ /^\\{/',
      steps: [step('json', 'records', { source: 'message' })],
    },
    {
      when: '[@metadata][component] in ["cache", "queue"]',
      steps: [
        step('grok', 'redis-line', { match: { message: redisLine } }),
        step('date', 'redis-time', { match: ['[@metadata][time]', 'dd MMM yyyy HH:mm:ss.SSS'], timezone: 'UTC' }),
      ],
    },
    {
      when: '[@metadata][component] == "postgres"',
      steps: [
        step('grok', 'postgres-line', { match: { message: postgresLine } }),
        step('date', 'postgres-time', {
          match: ['[@metadata][time]', 'yyyy-MM-dd HH:mm:ss.SSS'],
          timezone: 'Asia/Shanghai',
        }),
      ],
    },
    {
      when: String.raw`[@metadata][component] == "gateway" and [message] !~ /^\{/`,
      steps: [
        step('grok', 'nginx-error-line', { match: { message: nginxErrorLine } }),
        step('date', 'nginx-time', { match: ['[@metadata][time]', 'yyyy/MM/dd HH:mm:ss'], timezone: 'UTC' }),
      ],
    },
    {
      when: '[@metadata][text]',
      steps: [step('mutate', 'text', { copy: { '[@metadata][text]': 'message' } })],
    },
    step('mutate', 'data-stream', {
      replace: {
        '[data_stream][type]': 'logs',
        '[data_stream][dataset]': 'stock.%{[@metadata][component]}',
        '[data_stream][namespace]': environment,
      },
    }),
  ],
  output: [
    step('elasticsearch', 'to-elasticsearch', {
      hosts: [destination.url],
      user: destination.user,
      password: `\${${passwordVariable}}`,
      ssl_certificate_authorities: destination.caFile === undefined ? undefined : [destination.caFile],
      data_stream: true,
      manage_template: false,
    }),
  ],
});
