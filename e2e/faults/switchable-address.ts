import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * An address on 127.0.0.1 behind which a server can be exchanged for another, as a name is that leads elsewhere; and a
 * network before it that can be slow, or swallow all that is sent.
 */
export class SwitchableAddress {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;
  #delayMilliseconds = 0;
  #passable: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => {
      const upstream = connect(this.#target, '127.0.0.1');
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(this.#network()).pipe(other);
      }
    });
  }

  static async open(target: number): Promise<SwitchableAddress> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SwitchableAddress(server, target);
  }

  /** What passes on all it is given, as late as the network is. */
  #network(): Transform {
    return new Transform({
      transform: async (chunk, _encoding, done) => {
        if (this.#delayMilliseconds > 0) await sleep(this.#delayMilliseconds);
        await this.#passable;
        done(null, chunk);
      },
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open stay with the server they have. */
  leadTo(target: number): void {
    this.#target = target;
  }

  /** What is sent arrives so much later, in both directions. */
  delay(milliseconds: number): void {
    this.#delayMilliseconds = milliseconds;
  }

  /** Nothing arrives any more, and nobody is told. */
  swallow(): void {
    this.#passable = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** What was swallowed arrives late, as what is sent again does. */
  letPass(): void {
    this.#open();
    this.#passable = Promise.resolve();
  }

  /** Ends every connection that is open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.letPass();
    this.cut();
  }
}
