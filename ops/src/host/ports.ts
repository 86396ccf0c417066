import { CannotTell } from '../failures';
import type { HostRoot } from './host-root';

/** A socket that is listened on. */
export interface Listening {
  /** false where only this machine reaches it. */
  isPublic: boolean;
  port: number;
}

const listenState = '0A';

/** The TCP sockets that are listened on, as the kernel lists them. */
export async function listeningPorts(root: HostRoot): Promise<Listening[]> {
  const texts = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => root.read(file)));
  const found = texts.flatMap((text) => parseSockets(text ?? ''));
  const byPort = new Map<string, Listening>(found.map((each) => [`${each.port} ${each.isPublic}`, each]));
  return [...byPort.values()].sort((a, b) => a.port - b.port);
}

export function parseSockets(text: string): Listening[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local !== undefined && state === listenState)
    .map(([, local = '']) => {
      const [address = '', port = ''] = local.split(':');
      return { isPublic: !isLoopback(address), port: Number.parseInt(port, 16) };
    });
}

/** 127.0.0.0/8 and ::1, as /proc/net writes them: words of four bytes, the lowest first. */
const isLoopback = (address: string): boolean =>
  /^.{6}7F$/.test(address) || address === `${'0'.repeat(24)}01000000` || /^0{16}FFFF0000.{6}7F$/.test(address);

/** A port that Docker publishes: it lets packets in by rules of its own, before those of ufw. */
export interface Published {
  container: string;
  address: string;
  port: number;
}

/** What Docker publishes to others than this machine. @throws CannotTell where there is no engine that answers */
export async function publishedPorts(root: HostRoot): Promise<Published[]> {
  const { status, output, said } = await root.run('docker', ['ps', '--format', '{{.Names}}\t{{.Ports}}']);
  if (status !== 0) throw new CannotTell(`the Docker engine does not answer: ${said.trim()}`);
  return parsePublished(output);
}

/** @param text lines of `NAME<tab>0.0.0.0:8080->8080/tcp, …` */
export function parsePublished(text: string): Published[] {
  return text
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const [container = '', ports = ''] = line.split('\t');
      return [...ports.matchAll(/(\S+):(\d+)(?:-(\d+))?->/g)].flatMap(([, address = '', first, last = first]) =>
        range(Number(first), Number(last)).map((port) => ({ container, address, port })),
      );
    })
    .filter(({ address }) => !/^(127\.|\[?::1\]?$)/.test(address));
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/**
 * The ports that SSH comes to: that of the session that this is, those that its server listens on, and those that its files say.
 *
 * @param connection SSH_CONNECTION of the session, which sudo takes away
 */
export async function sshPorts(root: HostRoot, connection: string | undefined): Promise<number[]> {
  const configured = [...(await matches(root, '/etc/ssh/sshd_config', /^\s*Port\s+(\d+)/gim))];
  const ofSocket = await matches(root, '/etc/systemd/system/ssh.socket', /^\s*ListenStream=(?:\S*:)?(\d+)\s*$/gm);
  const said = [...configured, ...ofSocket];
  const found = [connection?.split(' ')[3], ...(await listenedByServer(root)), ...(said.length > 0 ? said : ['22'])];
  return [...new Set(found.map(Number).filter((port) => port > 0 && port < 65_536))];
}

/** What a file, and those of its folder FILE.d, say. */
async function matches(root: HostRoot, file: string, form: RegExp): Promise<string[]> {
  const dropped = (await root.names(`${file}.d`)).map((name) => `${file}.d/${name}`);
  const texts = await Promise.all([...dropped, file].map((each) => root.read(each)));
  return texts.flatMap((text) => [...(text ?? '').matchAll(form)].map(([, port = '']) => port));
}

async function listenedByServer(root: HostRoot): Promise<string[]> {
  if (!root.isLive) return [];
  const { output } = await root.run('ss', ['-Htlnp']).catch(() => ({ output: '' }));
  const lines = output.split('\n').filter((line) => line.includes('"sshd"'));
  return lines.map((line) => line.trim().split(/\s+/)[3]?.split(':').at(-1) ?? '');
}
