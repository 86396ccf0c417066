import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Database, inTransaction } from '../database/pool';
import type { DailyBar } from '../market/daily-bar';
import { readNewSymbols } from '../market/new-symbols';
import type { WriteResult } from './merge-rows';
import { CsvFormatError, type RejectedRow, TushareCsvReader } from './tushare-csv';
import { writeDailyBars } from './write-daily-bars';

/** What became of a file, in rows: accepted + rejected = read, and inserted + updated + unchanged = accepted. */
export interface ImportResult extends WriteResult {
  read: number;
  accepted: number;
  rejected: number;
  /** Where the rejected rows are; null when there are none. */
  rejectsFile: string | null;
}

interface ImportOptions {
  /** Content of the file, gzip or plain. */
  input: Readable;
  /** Where rejected rows go: line, reason and the row as it was. An old file of that name is replaced. */
  rejectsFile: string;
  /** The current day in Shanghai, as YYYY-MM-DD. */
  today: string;
  /** Called with the number of bytes read so far. */
  onProgress: (bytes: number) => void;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Rows that were refused, in a file that exists only when there are any. */
class RejectsFile {
  #stream: WriteStream | undefined;
  #rows = 0;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  get rows(): number {
    return this.#rows;
  }

  async write(rows: RejectedRow[]): Promise<void> {
    if (rows.length === 0) return;
    if (!this.#stream) {
      this.#stream = createWriteStream(this.#file);
      await once(this.#stream, 'open');
      this.#stream.write('line,reason,row\n');
    }
    this.#rows += rows.length;
    const text = rows.map(({ lineNumber, reason, text }) => `${lineNumber},${quoted(reason)},${quoted(text)}\n`);
    if (!this.#stream.write(text.join(''))) await once(this.#stream, 'drain');
  }

  async close(): Promise<void> {
    if (!this.#stream) return;
    this.#stream.end();
    await once(this.#stream, 'close');
  }
}

async function* withProgress(input: Readable, onProgress: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    onProgress(bytes);
    yield chunk;
  }
}

const gzipMagic = Buffer.from([0x1f, 0x8b]);

/** The plain content, whether it came compressed or not. */
async function* decompressed(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let start = Buffer.alloc(0);
  while (start.length < gzipMagic.length) {
    const next = await chunks.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  async function* all() {
    yield start;
    yield* chunks;
  }
  const isGzip = start.subarray(0, gzipMagic.length).equals(gzipMagic);
  yield* isGzip ? (Readable.from(all()).compose(createGunzip()) as AsyncIterable<Buffer>) : all();
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  if (rest !== '') yield [rest];
}

/**
 * Loads a Tushare `daily` CSV file into stock_data. Rows that cannot be stored go to a file of their own; the others
 * are stored in one transaction. Loading the same file again writes nothing.
 *
 * @throws CsvFormatError when the input is not such a file
 */
export async function importFile(database: Database, options: ImportOptions): Promise<ImportResult> {
  await rm(options.rejectsFile, { force: true });
  const rejects = new RejectsFile(options.rejectsFile);
  const reader = new TushareCsvReader(options.today, await readNewSymbols(database));
  let accepted = 0;
  let sawLine = false;

  async function* batches(): AsyncGenerator<DailyBar[]> {
    for await (const lines of linesOf(decompressed(withProgress(options.input, options.onProgress)))) {
      sawLine ||= lines.length > 0;
      const { bars, rejected } = reader.read(lines);
      await rejects.write(rejected);
      accepted += bars.length;
      yield bars;
    }
    if (!sawLine) throw new CsvFormatError('the file is empty');
  }

  try {
    // The name of the service whose format this is: prices of a Tushare export are Tushare's. What an operator imports
    // by hand replaces what is stored, whichever source it came from.
    const origin = { source: 'tushare', outrankedBy: [] };
    const result = await inTransaction(database, (client) => writeDailyBars(client, origin, batches()));
    return {
      read: accepted + rejects.rows,
      accepted,
      rejected: rejects.rows,
      rejectsFile: rejects.rows > 0 ? options.rejectsFile : null,
      ...result,
    };
  } finally {
    await rejects.close();
  }
}

/** A stream of the file, or of standard input where the name is `-`. */
export const openInput = (file: string): Readable => (file === '-' ? process.stdin : createReadStream(file));
