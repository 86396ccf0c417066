import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { IssuedCertificate } from '../../app/test/support/certificates';

/** What a person would have got. */
export interface Message {
  by: 'mail' | 'webhook';
  /** Milliseconds since 1970. */
  at: number;
  text: string;
}

export const mailUser = 'alerts';

/** A mail server that offers STARTTLS and asks for a password, and a page that takes webhooks: they keep what they get. */
export class Receivers {
  readonly messages: Message[] = [];
  readonly #mail: SMTPServer;
  readonly #web: Server;
  #lastHeartbeat = 0;

  private constructor(certificate: IssuedCertificate, mailPassword: string) {
    this.#mail = new SMTPServer({
      cert: certificate.certificate,
      key: certificate.key,
      onAuth: ({ username, password }, _session, done) =>
        username === mailUser && password === mailPassword
          ? done(null, { user: mailUser })
          : done(new Error('wrong user or password')),
      onData: (stream, _session, done) =>
        void text(stream).then((mail) => {
          this.#note('mail', unfolded(mail));
          done();
        }),
    });
    this.#web = createServer(async (request, response) => {
      const body = await text(request);
      if (request.url === '/heartbeat') this.#lastHeartbeat = Date.now();
      else this.#note('webhook', body);
      response.end();
    });
  }

  static async open(certificate: IssuedCertificate, mailPassword: string): Promise<Receivers> {
    const receivers = new Receivers(certificate, mailPassword);
    await new Promise<void>((resolve) => receivers.#mail.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => receivers.#web.listen(0, '127.0.0.1', resolve));
    return receivers;
  }

  get mailPort(): number {
    return (this.#mail.server.address() as AddressInfo).port;
  }

  get webPort(): number {
    return (this.#web.address() as AddressInfo).port;
  }

  /** Seconds since the Watchdog was last told of; infinite before the first time. */
  get heartbeatAgeSeconds(): number {
    return this.#lastHeartbeat ? (Date.now() - this.#lastHeartbeat) / 1000 : Number.POSITIVE_INFINITY;
  }

  async close(): Promise<void> {
    this.#web.closeAllConnections();
    await Promise.all([
      new Promise<void>((resolve) => this.#mail.close(resolve)),
      new Promise((resolve) => this.#web.close(resolve)),
    ]);
  }

  #note(by: Message['by'], content: string): void {
    this.messages.push({ by, at: Date.now(), text: content });
  }
}

/** A mail as quoted-printable has its long lines in pieces (RFC 2045, 6.7). */
const unfolded = (mail: string) =>
  mail
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
