import helmet from '@fastify/helmet';
import { fastify } from 'fastify';
import { securityHeaders } from '../../src/api/security-headers';

test('the security headers are those of helmet', async () => {
  const server = fastify();
  await server.register(helmet, {
    contentSecurityPolicy: {
      directives: { 'style-src': ["'self'", "'unsafe-inline'"], 'upgrade-insecure-requests': null },
    },
  });
  server.get('/', async () => '');
  const { headers } = await server.inject({ url: '/' });
  expect(headers).toMatchObject(securityHeaders);
  const ofHelmet = Object.keys(headers).filter((name) => !/^(content-(type|length)|date|connection)$/.test(name));
  expect(ofHelmet.sort()).toEqual(Object.keys(securityHeaders).sort());
  await server.close();
});
