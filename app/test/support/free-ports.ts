import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const closeAll = (servers: Server[]) =>
  Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));

/** Ports of 127.0.0.1 on which nothing listens; all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await closeAll(servers);
  return ports;
}

/** The first of some free ports that follow one another. */
export async function freePortRow(count: number): Promise<number> {
  for (;;) {
    // Below the range from which the system hands out ports by itself.
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const attempts = await Promise.allSettled(Array.from({ length: count }, (_, index) => listen(first + index)));
    const servers = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    await closeAll(servers);
    if (servers.length === count) return first;
  }
}
