import type { FastifyInstance } from 'fastify';

/** Every address of this machine, of both families. */
export const everyAddress = '::';
const everyIpv4Address = '0.0.0.0';

/** What a kernel without IPv6 says of such an address. */
const withoutIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/** Has a server listen: on every address of IPv4 where it is to be every address and the kernel has no IPv6. */
export async function listen(server: Pick<FastifyInstance, 'listen'>, { host, port }: Place): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (host !== everyAddress || !withoutIpv6.includes(code)) throw error;
    await server.listen({ host: everyIpv4Address, port });
  }
}

interface Place {
  readonly host: string;
  readonly port: number;
}
