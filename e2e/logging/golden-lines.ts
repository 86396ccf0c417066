/** A line as a container writes it, and what of it has to be in the document that is stored. */
export interface GoldenLine {
  readonly component: string;
  readonly line: string;
  readonly stored: Readonly<Record<string, unknown>>;
}

export const traceId = '0af7651916cd43dd8448eb211c80319c';

/** One of each kind. */
export const goldenLines: readonly GoldenLine[] = [
  {
    component: 'gateway',
    line: `{"@timestamp":"2026-11-26T09:00:00+08:00","event.dataset":"nginx.access","client.ip":"10.0.0.1","trace.id":"${traceId}","http.response.status_code":202}`,
    stored: { '@timestamp': '2026-11-26T09:00:00+08:00', 'trace.id': traceId, 'http.response.status_code': 202 },
  },
  {
    component: 'gateway',
    line: '2026/11/26 01:00:00 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream',
    stored: {
      '@timestamp': '2026-11-26T01:00:00.000Z',
      log: { level: 'error' },
      process: { pid: 31 },
      message: '*7 connect() failed (111: Connection refused) while connecting to upstream',
    },
  },
  {
    component: 'api',
    line: `{"@timestamp":"2026-11-26T01:00:00.000Z","log.level":"info","message":"request","trace":{"id":"${traceId}"},"service":{"name":"stock-analysis-api"},"client":{"ip":"10.0.0.1"}}`,
    stored: { message: 'request', trace: { id: traceId } },
  },
  {
    component: 'worker',
    line: `{"@timestamp":"2026-11-26T01:00:01.000Z","log.level":"info","message":"job done","trace":{"id":"${traceId}"}}`,
    stored: { message: 'job done', trace: { id: traceId } },
  },
  {
    component: 'scheduler',
    line: '{"@timestamp":"2026-11-26T01:00:01.000Z","log.level":"warn","message":"schedule missing"}',
    stored: { message: 'schedule missing', 'log.level': 'warn' },
  },
  {
    component: 'postgres',
    line: '2026-11-26 09:00:02.123 CST [57] stock_app@stockdb LOG:  duration: 1200.5 ms  statement: SELECT 1\n\tFROM a, b',
    stored: {
      '@timestamp': '2026-11-26T01:00:02.123Z',
      log: { level: 'LOG' },
      process: { pid: 57 },
      user: { name: 'stock_app' },
      postgresql: { log: { database: 'stockdb' } },
      message: 'duration: 1200.5 ms  statement: SELECT 1\n\tFROM a, b',
    },
  },
  {
    component: 'postgres',
    line: '2026-11-26 09:00:02.500 CST [58] [unknown]@stockdb FATAL:  password authentication failed for user "x"',
    stored: { log: { level: 'FATAL' }, message: 'password authentication failed for user "x"' },
  },
  {
    component: 'postgres',
    line: '2026-11-26 09:00:02.900 CST [1] LOG:  database system is ready to accept connections',
    stored: { log: { level: 'LOG' }, process: { pid: 1 }, message: 'database system is ready to accept connections' },
  },
  {
    component: 'queue',
    line: '1:M 26 Nov 2026 01:00:03.456 * Ready to accept connections tcp',
    stored: {
      '@timestamp': '2026-11-26T01:00:03.456Z',
      log: { level: '*' },
      process: { pid: 1 },
      message: 'Ready to accept connections tcp',
    },
  },
  {
    component: 'elasticsearch',
    line: '{"@timestamp":"2026-11-26T01:00:04.000Z", "log.level":"INFO", "message":"started"}',
    stored: { 'log.level': 'INFO', message: 'started' },
  },
  {
    // What it did in half a minute, as elastic/beats documents it, shortened.
    component: 'filebeat',
    line: '{"log.level":"info","@timestamp":"2026-11-26T01:00:05.000Z","log.logger":"monitoring","message":"Non-zero metrics in the last 30s","service.name":"filebeat","monitoring":{"metrics":{"filebeat":{"events":{"active":5,"added":52,"done":49}},"libbeat":{"output":{"events":{"acked":48,"active":0,"dropped":3,"total":51}},"pipeline":{"clients":15,"events":{"active":5}}},"system":{"load":{"1":0.91}}},"ecs.version":"1.6.0"}}',
    stored: { 'log.logger': 'monitoring', message: 'Non-zero metrics in the last 30s' },
  },
  {
    component: 'worker',
    line: 'Killed',
    stored: { message: 'Killed' },
  },
];
