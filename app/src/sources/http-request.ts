import { SourceError, type SourceErrorKind } from './source-error';

const largestAnswerBytes = 32 * 1024 * 1024;
const longestExcerpt = 200;

/** What a source knows its caller by, and the variable that holds it. */
export interface Credential {
  variable: string;
  value: string | undefined;
}

interface HttpRequest {
  url: string;
  /** Sent as JSON in a POST; a GET without it. */
  body?: unknown;
  headers?: Record<string, string>;
  credential: Credential;
  /** Error statuses whose body says more than they do: they are returned like a good answer. */
  readableStatuses?: readonly number[];
  signal: AbortSignal;
}

/** The beginning of what a source said, on one line and without the credential. */
export function excerpt(text: string, { variable, value }: Credential): string {
  const masked = value ? text.replaceAll(value, `<${variable}>`) : text;
  const line = masked.replace(/\s+/g, ' ').trim();
  return line.length > longestExcerpt ? `${line.slice(0, longestExcerpt)}…` : line;
}

/** Seconds that a Retry-After header asks for, given as such or as a date. */
function retryAfterSeconds(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(1, seconds);
}

function kindOf(status: number): SourceErrorKind {
  if (status === 429) return 'rate_limit';
  if (status === 401) return 'auth';
  if (status === 403) return 'permission';
  return status >= 500 || status === 408 ? 'network' : 'request';
}

function statusError(response: Response, text: string, credential: Credential): SourceError {
  const { status, headers } = response;
  const kind = kindOf(status);
  const advice = kind === 'auth' || kind === 'permission' ? `; correct ${credential.variable}` : '';
  const target = headers.get('location');
  const said = target ? `a redirect to ${new URL(target, response.url).origin}` : excerpt(text, credential);
  return new SourceError(kind, `HTTP ${status}: ${said}${advice}`, retryAfterSeconds(headers.get('retry-after')));
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > largestAnswerBytes) {
      throw new SourceError('data', `the answer is larger than ${largestAnswerBytes / 1024 / 1024} MiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function connectionError(error: Error, url: string): SourceError {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return new SourceError(
    'network',
    `no answer from ${new URL(url).origin}: ${cause?.code ?? cause?.message ?? error.message}`,
  );
}

/**
 * Makes one request to a source.
 *
 * @throws SourceError rate_limit, auth, permission, request and network by the status; network when the connection
 *   fails; data when the answer is too large. What ends the signal is thrown as it is.
 */
export async function requestText(request: HttpRequest): Promise<{ status: number; text: string }> {
  const { url, body, headers, credential, readableStatuses = [], signal } = request;
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      // A redirect would carry the credential elsewhere.
      redirect: 'manual',
      signal,
    });
    const text = await readText(response);
    if (response.ok || readableStatuses.includes(response.status)) return { status: response.status, text };
    throw statusError(response, text, credential);
  } catch (error) {
    if (signal.aborted || error instanceof SourceError) throw error;
    throw connectionError(error as Error, url);
  }
}

/** @throws SourceError of kind `data` when the text is not JSON, or ends too early */
export function parseJson(text: string, credential: Credential): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SourceError('data', `the answer is not JSON: ${excerpt(text, credential) || 'it is empty'}`);
  }
}
