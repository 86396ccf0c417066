import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * The address that the replicas of a service share, as a cluster has it: each connection goes to one of those that are listed,
 * whichever, and stays with it; one that cannot be made is reset.
 */
export class SharedAddress {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Hosts of those that are listed. */
  readonly listed = new Set<string>();

  private constructor(
    server: Server,
    private readonly replicaPort: number,
  ) {
    this.#server = server;
    server.on('connection', (client) => this.#passOn(client));
  }

  static async open(replicaPort: number): Promise<SharedAddress> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SharedAddress(server, replicaPort);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #passOn(client: Socket): void {
    const hosts = [...this.listed];
    const upstream = connect(this.replicaPort, hosts[Math.floor(Math.random() * hosts.length)]);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
