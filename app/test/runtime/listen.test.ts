import net, { type AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { everyAddress, listen } from '../../src/runtime/listen';

describe('a server that is to listen on every address', () => {
  let server: FastifyInstance;
  beforeEach(() => {
    server = fastify();
    server.get('/', () => 'here');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await server.close();
  });
  const address = () => server.server.address() as AddressInfo;
  const answered = async (host: string) => (await fetch(`http://${host}:${address().port}/`)).text();

  /** As a kernel that was started with ipv6.disable=1. */
  function takeIpv6Away(code = 'EAFNOSUPPORT'): void {
    const really = net.Server.prototype.listen;
    jest.spyOn(net.Server.prototype, 'listen').mockImplementation(function (this: net.Server, ...given: unknown[]) {
      if ((given[0] as { host?: string }).host !== '::') return really.apply(this, given as never);
      process.nextTick(() => this.emit('error', Object.assign(new Error(`listen ${code} :::0`), { code })));
      return this;
    });
  }

  test('is reached by IPv6 and by IPv4', async () => {
    await listen(server, { host: everyAddress, port: 0 });
    expect(address().family).toBe('IPv6');
    expect(await answered('[::1]')).toBe('here');
    expect(await answered('127.0.0.1')).toBe('here');
  });

  test('starts where the kernel has no IPv6, and is reached by IPv4', async () => {
    takeIpv6Away();
    await listen(server, { host: everyAddress, port: 0 });
    expect(address()).toMatchObject({ address: '0.0.0.0', family: 'IPv4' });
    expect(await answered('127.0.0.1')).toBe('here');
  });

  test('is not put elsewhere for another reason', async () => {
    takeIpv6Away('EADDRINUSE');
    await expect(listen(server, { host: everyAddress, port: 0 })).rejects.toThrow('EADDRINUSE');
    expect(server.server.listening).toBe(false);
  });

  test('that is given an address keeps to it', async () => {
    takeIpv6Away();
    await listen(server, { host: '127.0.0.1', port: 0 });
    expect(address().address).toBe('127.0.0.1');
  });
});
