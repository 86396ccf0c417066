import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Answers for names as the resolver of a cluster or an engine does: with addresses of this machine, or that there are none. */
export interface NameServer {
  readonly port: number;
  /** The names there are, and the addresses (IPv4) of each. */
  readonly names: Map<string, ReadonlySet<string>>;
  readonly stop: () => Promise<void>;
}

const headerBytes = 12;
const addressRecord = 1;
const noSuchName = 3;

export async function startNameServer(): Promise<NameServer> {
  const names = new Map<string, ReadonlySet<string>>();
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => socket.send(answerTo(question, names), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const stop = async () => {
    socket.close();
    await once(socket, 'close');
  };
  return { port: socket.address().port, names, stop };
}

/** @see https://www.rfc-editor.org/rfc/rfc1035#section-4 */
function answerTo(question: Buffer, names: ReadonlyMap<string, ReadonlySet<string>>): Buffer {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = question.readUInt8(at); length > 0; length = question.readUInt8(at)) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = question.readUInt16BE(at + 1);
  const asked = question.subarray(0, at + 5);
  const addresses = names.get(labels.join('.')) ?? new Set();
  const answers = type === addressRecord ? [...addresses].map(recordOf) : [];
  const answer = Buffer.concat([asked, ...answers]);
  answer.writeUInt16BE(0x8180 | (addresses.size > 0 ? 0 : noSuchName), 2);
  answer.writeUInt16BE(answers.length, 6);
  answer.writeUInt16BE(0, 10);
  return answer;
}

/** The name that was asked for, of class IN, for one second, and its address. */
const recordOf = (address: string): Buffer =>
  Buffer.from([0xc0, headerBytes, 0, addressRecord, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]);
