import { fstatSync, type Stats } from 'node:fs';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { inspect } from 'node:util';
import { createGunzip } from 'node:zlib';
import { type SystemError, systemReason } from '../files/result-file';
import { UsageError } from '../runtime/usage-error';
import { otherEncoding, otherKind, tellingBytes } from './file-kinds';

/** What is imported: a regular file, or standard input. */
export interface InputFile {
  /** As messages name it. */
  name: string;
  stats: Stats;
  bytes: AsyncIterable<Buffer>;
  /** @throws Error when the file is not what it was when it was opened */
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

const unreadable = (name: string, error: SystemError) => new Error(`cannot read ${name}: ${systemReason(error)}`);

const kindOf = (stats: Stats): string => {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a pipe' : 'a device';
};

async function* chunksOf(handle: FileHandle, name: string): AsyncGenerator<Buffer> {
  try {
    yield* handle.createReadStream({ autoClose: false, start: 0 }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(name, error as SystemError);
  }
}

/**
 * Opens a file, or standard input where the name is `-`.
 *
 * @throws UsageError when it is none that can be read
 */
export async function openInput(file: string): Promise<InputFile> {
  if (file === '-') return openStandardInput();
  const name = inspect(file);
  // Opening a pipe that nobody writes to would wait forever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: SystemError) => {
    throw new UsageError(`${unreadable(name, error).message}; name a CSV file, or - for standard input`);
  });
  const stats = await handle.stat();
  if (!stats.isFile()) {
    await handle.close();
    throw new UsageError(
      `${name} is ${kindOf(stats)}; name a CSV file, or give it to standard input: stock import - < …`,
    );
  }
  return {
    name,
    stats,
    bytes: chunksOf(handle, name),
    requireUnchanged: async () => {
      const now = await handle.stat();
      if (now.size === stats.size && now.mtimeMs === stats.mtimeMs) return;
      throw new Error(`${name} was changed while it was read; import it again once it is whole`);
    },
    close: () => handle.close(),
  };
}

function openStandardInput(): InputFile {
  const name = 'standard input';
  const stats = fstatSync(0);
  if (stats.isDirectory()) throw new UsageError(`${name} is a folder; give it the content of a CSV file`);
  const chunks = async function* () {
    try {
      yield* process.stdin as AsyncIterable<Buffer>;
    } catch (error) {
      throw unreadable(name, error as SystemError);
    }
  };
  // Whoever writes to it would keep this process alive.
  const close = async () => void process.stdin.destroy();
  return { name, stats, bytes: chunks(), requireUnchanged: async () => undefined, close };
}

/** How much a file may hold. */
export interface SizeLimit {
  /** GiB of text, after decompression. */
  gibibytes: number;
  /** Whether the limit was chosen, so that only it counts. */
  isChosen: boolean;
}

const bytesPerGibibyte = 1024 ** 3;
const gzipMagic = Buffer.from([0x1f, 0x8b]);

/** Beyond these a compressed file is taken for a bomb: rows of prices come to about four times their size. */
const largestRatio = 100;
const unsuspiciousBytes = 64 * 1024 * 1024;

/** At least this many bytes first, where there are as many, then the rest. */
async function startOf(chunks: AsyncIterable<Buffer>, bytes: number): Promise<[Buffer, AsyncGenerator<Buffer>]> {
  const iterator = chunks[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < bytes) {
    const next = await iterator.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  async function* all() {
    try {
      if (start.length > 0) yield start;
      for (let more = await iterator.next(); !more.done; more = await iterator.next()) yield more.value;
    } finally {
      await iterator.return?.();
    }
  }
  return [start, all()];
}

async function* gunzipped(
  chunks: AsyncIterable<Buffer>,
  name: string,
  { isChosen }: SizeLimit,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // What fails in the pipeline is met when the next chunk is read.
  pipeline(Readable.from(chunks), gunzip, () => undefined);
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (!isChosen && bytes > unsuspiciousBytes && bytes > largestRatio * gunzip.bytesWritten) {
        throw new UsageError(
          `${name} grows more than ${largestRatio} times when decompressed; if that is right, say how much it may be with --max-size`,
        );
      }
      yield chunk;
    }
  } catch (error) {
    if (!(error as SystemError).code?.startsWith('Z_')) throw error;
    throw new Error(`${name} is cut off or damaged: ${(error as Error).message}; nothing was stored`);
  }
}

async function* limited(chunks: AsyncIterable<Buffer>, name: string, limit: SizeLimit): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > limit.gibibytes * bytesPerGibibyte) {
      throw new UsageError(`${name} holds more than ${limit.gibibytes} GiB of text; allow for more with --max-size`);
    }
    yield chunk;
  }
}

async function* decoded(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (whole: () => string, explain: () => string) => {
    try {
      return whole();
    } catch {
      throw new UsageError(`${name} is ${explain()}`);
    }
  };
  for await (const chunk of chunks) {
    yield decode(
      () => decoder.decode(chunk, { stream: true }),
      () => {
        const { name: kind = 'not text in UTF-8', advice = 'save it as UTF-8' } = otherEncoding(chunk) ?? {};
        return `${kind}; ${advice}`;
      },
    );
  }
  yield decode(
    () => decoder.decode(),
    () => 'not text in UTF-8: it ends in the middle of a character; it may be cut off',
  );
}

/**
 * The text of a file, plain or by gzip.
 *
 * @param onProgress called with the number of bytes read so far
 * @throws UsageError when it is something else, and names it; Error when it cannot be read or is cut off
 */
export async function* readText(
  { name, bytes }: Pick<InputFile, 'name' | 'bytes'>,
  limit: SizeLimit,
  onProgress: (bytes: number) => void,
): AsyncGenerator<string> {
  const counted = async function* () {
    let read = 0;
    for await (const chunk of bytes) {
      read += chunk.length;
      onProgress(read);
      yield chunk;
    }
  };
  const [magic, all] = await startOf(counted(), gzipMagic.length);
  const isGzip = magic.subarray(0, gzipMagic.length).equals(gzipMagic);
  const content = limited(isGzip ? gunzipped(all, name, limit) : all, name, limit);
  const [start, whole] = await startOf(content, tellingBytes);
  try {
    if (start.length === 0) throw new UsageError(`${name} is empty`);
    const kind = otherKind(start);
    if (kind) throw new UsageError(`${name} is ${kind.name}, not CSV text; ${kind.advice}`);
    yield* decoded(whole, name);
  } finally {
    await content.return(undefined);
  }
}
