// biome-ignore lint/suspicious/noExplicitAny: answers of Elasticsearch, each looked at in one place
export type Ask = (method: string, path: string, body?: object) => Promise<{ status: number; body: any }>;

/** Asks Elasticsearch as a user. */
export const asker =
  (url: string, user: string, password: string): Ask =>
  async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
