import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Dataset, DatasetRow } from '../../../src/market/dataset';
import { createSampleSource } from '../../../src/sources/sample';

export interface RecordedRequest {
  path: string;
  /** Parameters of the address. */
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  /** The JSON that was sent; undefined where there was none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever was sent.
  body: any;
}

export interface Reply {
  status?: number;
  body: string;
}

/** Answers wrongly; given what the right answer would have been. */
export type Fault = (response: ServerResponse, right: Reply) => void;

/** A server that stands for an upstream. */
export interface FakeUpstream<FaultName extends string> {
  url: string;
  /** Every request so far, in order. */
  requests: RecordedRequest[];
  /** Answers the next requests with a fault: that many of them, or all until told otherwise. */
  fail(fault: FaultName | CommonFault, times?: number): void;
  /** Answers well again. */
  recover(): void;
  close(): Promise<void>;
}

/** Sends JSON, as a right answer or as an error that the upstream puts into words. */
export const replyWith =
  (body: unknown, status = 200): Fault =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** The right answer with some of its text replaced. */
export const replaced =
  (pattern: string | RegExp, replacement: string): Fault =>
  (response, right) =>
    response.end(right.body.replaceAll(pattern, replacement));

const commonFaults = {
  'too many requests': (response) => response.writeHead(429, { 'retry-after': '7' }).end('slow down'),
  'server error': (response) => response.writeHead(500).end('Internal Server Error'),
  unauthorized: (response) => response.writeHead(401).end('who are you?'),
  forbidden: (response) => response.writeHead(403).end('not for you'),
  redirect: (response) => response.writeHead(301, { location: 'https://elsewhere.example/' }).end(),
  truncated: (response, right) => response.end(right.body.slice(0, right.body.length / 2)),
  html: (response) => response.end('<!DOCTYPE html><html><body>maintenance</body></html>'),
  'no content': (response) => response.end(),
  reset: (response) => response.socket?.destroy(),
  'cut off': (response, right) => {
    response.writeHead(200, { 'content-length': right.body.length * 2 });
    response.write(right.body, () => response.socket?.destroy());
  },
  'slow drip': (response) => {
    const drip = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(drip));
  },
} satisfies Record<string, Fault>;
export type CommonFault = keyof typeof commonFaults;

async function recordOf(request: IncomingMessage): Promise<RecordedRequest> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const sent = await text(request);
  return {
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: request.headers,
    body: sent === '' ? undefined : JSON.parse(sent),
  };
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startFakeUpstream<FaultName extends string>(
  answer: (request: RecordedRequest) => Promise<Reply>,
  ownFaults: Record<FaultName, Fault>,
): Promise<FakeUpstream<FaultName>> {
  const faults = { ...commonFaults, ...ownFaults } as Record<FaultName | CommonFault, Fault>;
  const requests: RecordedRequest[] = [];
  let failing: { fault: Fault; timesLeft: number } | undefined;
  const server = createServer(async (request, response) => {
    const record = await recordOf(request);
    requests.push(record);
    const right = await answer(record);
    if (failing && failing.timesLeft > 0) {
      failing.timesLeft--;
      failing.fault(response, right);
      return;
    }
    response.writeHead(right.status ?? 200, { 'content-type': 'application/json' }).end(right.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fail: (fault, times = Number.POSITIVE_INFINITY) => {
      failing = { fault: faults[fault], timesLeft: times };
    },
    recover: () => {
      failing = undefined;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The day at which the fakes' quotes are made, after all days of which bars are asked: a Tuesday. */
export const quoteMoment = new Date('2024-03-19T02:30:00Z');

const sample = createSampleSource(() => quoteMoment);

/** Rows of the sample: what the fakes know of the market. */
export async function sampleRows<D extends Dataset>(
  dataset: D,
  symbols: readonly string[] | null = null,
  start = '',
  end = '',
): Promise<DatasetRow[D][]> {
  const { rows } = await sample.fetchers[dataset].fetch({ symbols, start, end }, (request) =>
    request(new AbortController().signal),
  );
  return rows as DatasetRow[D][];
}

/** A day written as 20240102, with dashes. */
export const withDashes = (day: string): string => day.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
