import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Manifest, writeManifest } from '../../../ops/src/backup/manifest';
import { openStore } from '../../../ops/src/backup/open-store';
import type { Store } from '../../../ops/src/backup/store';
import { verifyCopy } from '../../../ops/src/backup/verification';
import { readOperationsEnvironment } from '../../../ops/src/environment';
import { CannotTell } from '../../../ops/src/failures';
import { someManifest } from '../manifest';

const manifest: Manifest = {
  ...someManifest,
  files: [{ path: 'database/toc.dat', bytes: 1, sha256: 'a'.repeat(64) }],
};

type Answer = { status: number; body?: string };

/** What a bucket is asked, by method, path and what the question is about; e2e/backup asks a real server. */
describe('a store in a bucket', () => {
  let server: Server;
  let store: Store;
  let asked: string[];
  let answer: (question: string) => Answer;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const question = `${request.method} ${request.url}`;
      asked.push(question);
      const { status, body = '' } = answer(question);
      request.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/xml' }).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(async () => {
    asked = [];
    store = await openStore(
      readOperationsEnvironment('store', {
        STOCK_ENVIRONMENT: 'trial',
        BACKUP_STORE: 's3://bucket/of/trial/',
        BACKUP_WORK: '/nowhere',
        BACKUP_S3_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        BACKUP_S3_ACCESS_KEY: 'key',
        BACKUP_S3_SECRET_KEY: 'secret',
      }),
    );
  });
  afterEach(() => store.close());
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const refusal = (status: number, code: string): Answer => ({
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>so it is</Message></Error>`,
  });
  const uploads = (...keys: string[]) => ({
    status: 200,
    body: `<?xml version="1.0"?><ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${keys
      .map((key) => `<Upload><Key>${key}</Key><UploadId>1</UploadId></Upload>`)
      .join('')}</ListMultipartUploadsResult>`,
  });
  const page = (list: string, next = '') => ({
    status: 200,
    body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${
      next && `<NextContinuationToken>${next}</NextContinuationToken>`
    }${list}</ListBucketResult>`,
  });
  const keys = (...names: string[]) => names.map((name) => `<Contents><Key>${name}</Key></Contents>`).join('');

  const [first, second, third] = [
    '20261125T023000Z-000001',
    '20261126T023000Z-000002',
    '20261127T023000Z-000003',
  ] as const;

  test('counts what has a manifest, of every page, and nothing that is not its own', async () => {
    answer = (question) => {
      if (question.includes('uploads'))
        return uploads(`of/trial/${third}/toc.dat`, 'of/trial/theirs', `other/${first}`);
      const of = (...names: string[]) => keys(...names.map((name) => `of/trial/${name}`));
      if (!question.includes('continuation-token')) return page(of(`${first}/database/manifest.json`), 'more');
      return question.includes('continuation-token=more')
        ? page(of(`${first}/manifest.json`, `${first}.partial/manifest.json`, `${second}/toc.dat`), 'rest')
        : page(of('of somebody/manifest.json', 'wal/7/log/1.gz'), 'unasked');
    };
    const { copies, unfinished, notes } = await store.contents();
    expect([copies, unfinished]).toEqual([[first], [second, third]]);
    expect(notes.map(({ name }) => name)).toEqual([`${first}/manifest.json`]);
    // One page of uploads, and of objects all but those that come after every copy.
    expect(asked).toHaveLength(4);
    expect(asked.join()).not.toContain('continuation-token=unasked');
  });

  test('removes the manifest of a copy first, and no key that is not below its name', async () => {
    const below = `of/trial/${first}/`;
    answer = (question) => {
      if (question.includes('uploads')) return uploads();
      if (question.startsWith('DELETE')) return { status: 204 };
      return page(keys(`${below}database/toc.dat`, `of/trial/${second}/manifest.json`, `${below}verification.json`));
    };
    await store.remove(first);
    expect(asked.filter((question) => question.startsWith('DELETE')).map((each) => each.replace(/\?.*/, ''))).toEqual([
      `DELETE /bucket/${below}manifest.json`,
      `DELETE /bucket/${below}database/toc.dat`,
      `DELETE /bucket/${below}verification.json`,
    ]);
  });

  test('lists what lies below a folder, from a name on, with what changes when a file does', async () => {
    const object = (name: string, etag: string) =>
      `<Contents><Key>of/trial/wal/7/log/${name}</Key><ETag>${etag}</ETag><Size>3</Size><LastModified>2026-11-26T00:00:00.000Z</LastModified></Contents>`;
    answer = () => page(object('B.gz', 'one') + object('C.gz', 'two'));
    const listed = await store.list('wal/7/log', 'wal/7/log/A');
    expect(listed.map(({ name }) => name)).toEqual(['wal/7/log/B.gz', 'wal/7/log/C.gz']);
    expect(listed[0]?.changedAt).toEqual(new Date('2026-11-26T00:00:00.000Z'));
    const [question = ''] = asked.map(decodeURIComponent);
    expect(question).toContain('prefix=of/trial/wal/7/log/');
    expect(question).toContain('start-after=of/trial/wal/7/log/A');
    answer = () => page(object('B.gz', 'another') + object('C.gz', 'two'));
    const [first, second] = await store.list('wal/7/log');
    expect(first?.version).not.toBe(listed[0]?.version);
    expect(second?.version).toBe(listed[1]?.version);
  });

  test('knows folders by what lies below them, and by what was begun to be written there alone', async () => {
    const folder = (name: string) => `<CommonPrefixes><Prefix>of/trial/wal/7/base/${name}/</Prefix></CommonPrefixes>`;
    answer = (question) =>
      question.includes('uploads') ? uploads(`of/trial/wal/7/base/${second}/base.tar.gz`) : page(folder(first));
    expect(await store.folders('wal/7/base')).toEqual([first, second]);
  });

  test('gives up parts that were uploaded and never made a file', async () => {
    answer = (question) => {
      if (question.startsWith('DELETE')) return { status: 204 };
      return question.includes('uploads') ? uploads(`of/trial/${first}/toc.dat`) : page('');
    };
    await store.removeUnfinished(first);
    expect(asked.filter((question) => question.startsWith('DELETE'))).toEqual([
      expect.stringContaining(`/bucket/of/trial/${first}/toc.dat?`),
    ]);
    expect(asked.at(-2)).toContain('uploadId=1');
  });

  test.each([
    [403, 'AccessDenied', 'let this key list, read, write and delete'],
    [403, 'InvalidAccessKeyId', 'correct BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY'],
    [403, 'SignatureDoesNotMatch', 'correct BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY'],
    [403, 'RequestTimeTooSkewed', 'correct the clock of this machine'],
    [404, 'NoSuchBucket', 'make the bucket, or correct BACKUP_STORE'],
    [400, 'AuthorizationHeaderMalformed', 'correct BACKUP_S3_REGION'],
    [418, 'IAmATeapot', 'ask those who run the server what it means'],
    [503, 'SlowDown', 'ask those who run the server what it means'],
  ])(
    'cannot tell when it is answered %i %s, and says what to do',
    async (status, code, advice) => {
      answer = () => refusal(status, code);
      const refused = store.readMark();
      await expect(refused).rejects.toThrow(CannotTell);
      await expect(refused).rejects.toThrow(
        new RegExp(
          `the store s3://bucket/of/trial/ at http://127.* cannot be used \\(${code}, status ${status}: so it is\\); .*${advice}`,
        ),
      );
      expect(asked.length).toBeLessThanOrEqual(4);
    },
    30_000,
  );

  test('says which object of a copy is missing', async () => {
    const text = writeManifest(manifest);
    answer = (question) => {
      if (question.startsWith('PUT')) return { status: 200 };
      return question.includes('manifest.json') ? { status: 200, body: text } : refusal(404, 'NoSuchKey');
    };
    expect(await verifyCopy(store, first)).toMatchObject({
      state: 'damaged',
      problems: ['database/toc.dat is missing'],
    });
  });

  test('has no mark where there is none', async () => {
    answer = () => refusal(404, 'NoSuchKey');
    expect(await store.readMark()).toBeUndefined();
  });
});
