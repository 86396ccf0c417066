import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { CertificateAuthority } from '../../app/test/support/certificates';

const yes = 'S';

/** An address of PostgreSQL that speaks TLS, whose certificate can end and be renewed. */
export class ExpiringAddress {
  readonly #server: Server;
  readonly #authority = new CertificateAuthority('faults');
  readonly #host: string;
  readonly #sockets = new Set<Socket>();
  #context: SecureContext;

  private constructor(server: Server, target: () => number, host: string) {
    this.#server = server;
    this.#host = host;
    this.#context = this.#contextFor(1);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      // The first thing a client sends is whether TLS can be had.
      socket.once('data', () => {
        socket.write(yes);
        const client = new TLSSocket(socket, { isServer: true, secureContext: this.#context });
        const upstream = connect(target(), '127.0.0.1');
        client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
        upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
        client.pipe(upstream).pipe(client);
      });
    });
  }

  /** @param host that the certificate is made out to */
  static async open(target: () => number, host: string): Promise<ExpiringAddress> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ExpiringAddress(server, target, host);
  }

  #contextFor(days: number): SecureContext {
    const { certificate, key } = this.#authority.issue([this.#host], days);
    return createSecureContext({ cert: certificate, key });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Of the CA, in PEM. */
  get authority(): string {
    return this.#authority.certificate;
  }

  /** New connections are shown a certificate that has ended; those that are open are cut. */
  expire(): void {
    this.#context = this.#contextFor(-1);
    this.#cut();
  }

  renew(): void {
    this.#context = this.#contextFor(1);
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.#cut();
  }
}
