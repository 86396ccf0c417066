import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApiKey } from '../../src/access/api-key';
import { readRole } from '../../src/database/roles';
import { secretKey } from '../support/api';
import { compiledProgram } from '../support/compiled';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePorts } from '../support/free-ports';

interface Span {
  name: string;
  traceId: string;
  attributes: { key: string; value: { stringValue?: string } }[];
  service: string;
}

interface TraceExport {
  resourceSpans: {
    resource: { attributes: Span['attributes'] };
    scopeSpans: { spans: Omit<Span, 'service'>[] }[];
  }[];
}

const textOf = (attributes: Span['attributes'], wanted: string) =>
  attributes.find(({ key }) => key === wanted)?.value.stringValue;

/** Takes spans as a collector does: OTLP as JSON over HTTP. */
function startCollector(port: number, spans: Span[]): Server {
  return createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as TraceExport;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = textOf(resource.attributes, 'service.name') ?? '';
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) spans.push({ ...span, service });
    }
    response.end('{}');
  }).listen(port, '127.0.0.1');
}

describe('tracing', () => {
  const spans: Span[] = [];
  let database: TestDatabase;
  let collector: Server;
  let api: ChildProcess;
  let log = '';
  let secret = '';
  beforeAll(async () => {
    database = await createTestDatabase();
    const { key } = await createApiKey(database.reader, secretKey, 'tracing', ['read', 'write']);
    const [port, metricsPort, collectorPort] = await freePorts(3);
    collector = startCollector(collectorPort as number, spans);
    api = spawn(process.execPath, [compiledProgram('stock.js'), 'api'], {
      env: {
        PATH: process.env.PATH,
        ...database.environmentOf(readRole),
        SECRET_KEY: secretKey,
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: `${port}`,
        METRICS_PORT: `${metricsPort}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collectorPort}`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    api.stdout?.on('data', (chunk) => {
      log += chunk;
    });
    while (!log.includes('api started')) await sleep(20);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/stocks?limit=5`, { headers: { 'x-api-key': key } });
    expect(answer.status).toBe(200);
    const order = { type: 'ingest', dataset: 'stock_basic', source: 'sample' };
    const accepted = await fetch(`http://127.0.0.1:${port}/api/v1/jobs`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    expect(accepted.status).toBe(202);
    await fetch(`http://127.0.0.1:${port}/api/v1/stocks/${key}?token=of-somebody-else`);
    await fetch(`http://127.0.0.1:${port}/${key}`);
    secret = key.slice(-40);
    await fetch(`http://127.0.0.1:${port}/health`);
    api.kill('SIGTERM');
    await once(api, 'exit');
  });
  afterAll(async () => {
    api.kill('SIGKILL');
    collector.close();
    await database.drop();
  });

  test('names a request after its route and puts its statements into the same trace', () => {
    const request = spans.find(({ name }) => name === 'GET /api/v1/stocks');
    expect(request?.service).toBe('stock-analysis-api');
    const statements = spans.filter(
      ({ traceId, attributes }) =>
        traceId === request?.traceId && attributes.some(({ value }) => value.stringValue === 'postgresql'),
    );
    expect(statements.length).toBeGreaterThan(0);
  });

  test('puts the job that a request makes into its trace', () => {
    const request = spans.find(({ name }) => name === 'POST /api/v1/jobs');
    const added = spans.filter(({ traceId, name }) => traceId === request?.traceId && name.includes('add'));
    expect(added.map(({ name }) => name)).toEqual(['add stock-analysis.ingest']);
  });

  test('has no key that was sent in a URL', () => {
    const sent = JSON.stringify(spans);
    expect(sent).toContain('token=***');
    expect(sent).not.toMatch(new RegExp(`${secret}|of-somebody-else`));
  });

  test('leaves health checks out', () => {
    expect(spans.filter(({ attributes }) => JSON.stringify(attributes).includes('/health'))).toEqual([]);
  });

  test('leads from the log to the trace', () => {
    const record = log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .find(({ url }) => url?.path === '/api/v1/stocks');
    expect(record.trace.id).toBe(spans.find(({ name }) => name === 'GET /api/v1/stocks')?.traceId);
  });
});
