import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '../../tools/digests/registry';

describe('a registry', () => {
  const index = '{"schemaVersion":2}';
  const digest = `sha256:${createHash('sha256').update(index).digest('hex')}`;
  let server: Server;
  let says: Record<string, string>;
  const image = (name: string) => `localhost:${(server.address() as AddressInfo).port}/${name}`;

  beforeAll((done) => {
    server = createServer(({ url = '', headers }, response) => {
      const { host } = headers;
      if (url.startsWith('/token'))
        return response.end(JSON.stringify({ token: url.includes('scope=pull') ? 'yes' : '' }));
      if (headers.authorization !== 'Bearer yes') {
        const challenge = `Bearer realm="http://${host}/token",service="x",scope="pull"`;
        return response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
      if (url !== '/v2/team/app/manifests/1.2') return response.writeHead(404).end();
      return response.writeHead(200, says).end(index);
    }).listen(0, done);
  });
  beforeEach(() => {
    says = { 'docker-content-digest': digest };
  });
  afterAll((done) => {
    server.close(done);
    server.closeAllConnections();
  });

  test('gives what it has to everybody who asks for a token first; its digest is that of what came', async () => {
    expect(await digestOf(image('team/app:1.2'), 'http')).toBe(digest);
  });

  test('that calls it by another digest than it has is not believed', async () => {
    says = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` };
    await expect(digestOf(image('team/app:1.2'), 'http')).rejects.toThrow(/calls sha256:0+ what is sha256:/);
  });

  test('that does not have it is named with the image', async () => {
    await expect(digestOf(image('team/app:9'), 'http')).rejects.toThrow(/team\/app:9: localhost:\d+ answered 404/);
  });
});
