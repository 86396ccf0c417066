import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { filesBelow } from '../../../ops/src/backup/copy-files';

/** A folder that is read by the language of S3, as a bucket with a prefix; nothing can be written to it. */
export class FolderAsBucket {
  readonly #server: Server;

  private constructor(
    readonly folder: string,
    readonly prefix: string,
  ) {
    this.#server = createServer(async ({ url = '' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://bucket');
      const { status, body } = await this.#answer(pathname, searchParams);
      response.writeHead(status).end(body);
    });
  }

  static async start(folder: string, prefix: string): Promise<FolderAsBucket> {
    const bucket = new FolderAsBucket(folder, prefix);
    await new Promise<void>((resolve) => bucket.#server.listen(0, '127.0.0.1', resolve));
    return bucket;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(pathname: string, asked: URLSearchParams): Promise<{ status: number; body: string | Buffer }> {
    if (asked.has('uploads')) return { status: 200, body: '<ListMultipartUploadsResult/>' };
    if (asked.has('list-type')) return { status: 200, body: await this.#listed(asked) };
    const file = path.join(this.folder, pathname.split(`/${this.prefix}/`)[1] ?? '');
    if (existsSync(file)) return { status: 200, body: readFileSync(file) };
    return { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };
  }

  async #listed(asked: URLSearchParams): Promise<string> {
    const [wanted, after, delimiter] = ['prefix', 'start-after', 'delimiter'].map((name) => asked.get(name) ?? '');
    const all = (await filesBelow(this.folder)).map((name) => `${this.prefix}/${name}`);
    const keys = all.filter((key) => key.startsWith(wanted as string) && key > (after as string));
    const below = (key: string) => `${wanted}${key.slice((wanted as string).length).split('/')[0]}/`;
    const entries = delimiter
      ? [...new Set(keys.map(below))].map((each) => `<CommonPrefixes><Prefix>${each}</Prefix></CommonPrefixes>`)
      : keys.map((key) => `<Contents><Key>${key}</Key><LastModified>${now()}</LastModified></Contents>`);
    return `<ListBucketResult>${entries.join('')}</ListBucketResult>`;
  }
}

const now = (): string => new Date().toISOString();
