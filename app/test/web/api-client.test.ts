import { ApiClient, ApiError, toApiError } from '../../web/api-client.js';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

/** A client whose requests are answered by the function. */
function clientWith(answering: (path: string, init: RequestInit) => Promise<Response>, key = 'sk_key') {
  const refused: string[] = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation((path, init) => answering(String(path), init as RequestInit));
  return { client: new ApiClient(key, (error) => refused.push(error.detail)), refused };
}
afterEach(() => jest.restoreAllMocks());

const failure = (client: ApiClient, signal?: AbortSignal) =>
  client.get('/x', signal).then(
    () => undefined,
    (error) => error,
  );

describe('an answer that is an error', () => {
  test.each([
    [400, 'refused'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [422, 'incomplete'],
    [429, 'rate_limited'],
    [500, 'failed'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ])('with status %d is of kind %s', async (status, kind) => {
    expect(await toApiError(answer(status, { detail: 'why' }))).toMatchObject({ kind, detail: 'why' });
  });

  test('may come from a gateway, without JSON', async () => {
    const error = await toApiError(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    expect(error).toMatchObject({ kind: 'unavailable', detail: '502 Bad Gateway', retryAfterSeconds: undefined });
  });

  test('tells when to come back', async () => {
    expect(await toApiError(answer(429, {}, { 'retry-after': '12' }))).toMatchObject({ retryAfterSeconds: 12 });
  });
});

describe('the client', () => {
  test('sends its key and gives the answer', async () => {
    const { client } = clientWith(async (path, { headers }) => answer(200, { data: [path, headers] }));
    expect(await client.get('/x')).toEqual({ data: ['/x', { 'x-api-key': 'sk_key' }] });
  });

  test('tells its owner when the key is not taken', async () => {
    const { client, refused } = clientWith(async () => answer(401, { detail: 'unknown' }));
    expect(await failure(client)).toMatchObject({ kind: 'unauthorized' });
    expect(refused).toEqual(['unknown']);
  });

  test('does not take a key that cannot be sent for a broken connection', async () => {
    const { client, refused } = clientWith(async () => answer(200, {}), '密钥');
    expect(await failure(client)).toMatchObject({ kind: 'unauthorized' });
    expect(refused).toHaveLength(1);
    expect(fetch).not.toHaveBeenCalled();
  });

  test('names a server that cannot be reached', async () => {
    const { client, refused } = clientWith(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await failure(client)).toMatchObject({ kind: 'network', detail: 'Failed to fetch' });
    expect(refused).toEqual([]);
  });

  test('does not report a request that was given up as one that failed', async () => {
    const { client } = clientWith((_, { signal }) => Promise.reject(signal?.reason));
    expect(await failure(client, AbortSignal.abort())).not.toBeInstanceOf(ApiError);
  });
});
