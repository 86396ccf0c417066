import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { IssuedCertificate } from '../../app/test/support/certificates';
import { Child, type Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';

export const accessKey = 'of-the-run';
export const secretKey = 'of-the-run-alone';
export const bucket = 'copies';

/** A versitygw: an S3 server that keeps objects as files, so that they can be looked at without it. */
export class S3Server {
  readonly #program: string;
  readonly #address: string;
  readonly #port: number;
  readonly #folder: string;
  readonly #cleanup: Cleanup;
  readonly #certificate: IssuedCertificate | undefined;
  #child: Child | undefined;

  private constructor(
    program: string,
    address: string,
    port: number,
    folder: string,
    cleanup: Cleanup,
    certificate: IssuedCertificate | undefined,
  ) {
    this.#program = program;
    this.#address = address;
    this.#port = port;
    this.#folder = folder;
    this.#cleanup = cleanup;
    this.#certificate = certificate;
  }

  /**
   * @param certificate speaks TLS alone
   * @param address of this machine, where it is to be reached from elsewhere
   */
  static async start(
    program: string,
    folder: string,
    cleanup: Cleanup,
    certificate?: IssuedCertificate,
    address = '127.0.0.1',
  ): Promise<S3Server> {
    mkdirSync(path.join(folder, 'objects', bucket), { recursive: true });
    const server = new S3Server(program, address, await freePort(), folder, cleanup, certificate);
    await server.start();
    return server;
  }

  get endpoint(): string {
    return `${this.#certificate ? 'https' : 'http'}://${this.#address}:${this.#port}`;
  }

  /** Where the objects below a prefix lie. */
  folderOf(prefix: string): string {
    return path.join(this.#folder, 'objects', bucket, prefix);
  }

  /** Where the server keeps parts of uploads that are under way. */
  get parts(): string {
    return path.join(this.#folder, 'objects', bucket, '.sgwtmp', 'multipart');
  }

  store(prefix: string): string {
    return `s3://${bucket}/${prefix}`;
  }

  /** Starts it again on the same port, with what it had. */
  async start(): Promise<void> {
    const words = ['--port', `${this.#address}:${this.#port}`, '--access', accessKey, '--secret', secretKey, '--quiet'];
    if (this.#certificate) {
      const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(this.#folder, name));
      writeFileSync(certificate as string, this.#certificate.certificate);
      writeFileSync(key as string, this.#certificate.key, { mode: 0o600 });
      words.push('--cert', certificate as string, '--key', key as string);
    }
    const child = new Child('versitygw', this.#program, [...words, 'posix', path.join(this.#folder, 'objects')], {
      logFile: path.join(this.#folder, 'versitygw.log'),
    });
    this.#child = child;
    this.#cleanup.add(() => child.stop());
    await child.until(() => answers(this.#address, this.#port), 20, 50);
  }

  /** Ends it, as a machine that is switched off. */
  async stop(): Promise<void> {
    await this.#child?.stop();
  }
}

/** Whether something answers there, by TLS or not. */
const answers = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
