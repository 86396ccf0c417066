import { once } from 'node:events';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { type DestinationStream, pino } from 'pino';
import { Counter } from 'prom-client';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { EnvironmentError, type Role } from './env';
import { within } from './within';

const keptFiles = 30;
const reopenMilliseconds = 10_000;
const mostPendingBytes = 8 * 1024 * 1024;
const closeSeconds = 5;
const errorLevel = pino.levels.values.error as number;

/** Log files under the names of manual 3.3: the first of each role, the others shared by all of them. */
const fileOfRole: Partial<Record<Role, string>> = { api: 'api', worker: 'celery', scheduler: 'system' };

const twoDigits = (value: number) => String(value).padStart(2, '0');

function openFile(folder: string, name: string): RotatingFileStream {
  const fileName = (time: Date | number | null, index = 1) => {
    if (!(time instanceof Date)) return `${name}.log`;
    const day = `${time.getFullYear()}${twoDigits(time.getMonth() + 1)}${twoDigits(time.getDate())}`;
    return `${name}-${day}${index > 1 ? `.${index}` : ''}.log.gz`;
  };
  return createStream(fileName, {
    path: folder,
    interval: '1d',
    // Archives are named after the day they hold, not the moment of the change.
    intervalBoundary: true,
    // A process that was down at midnight still keeps each day apart.
    initialRotation: true,
    compress: 'gzip',
    maxFiles: keptFiles,
    history: `.${name}-files`,
    mode: 0o644,
  });
}

/** Records that did not reach a log file, because its disk was full or failed; standard output has them. */
export const lostLogRecords = new Counter({
  name: 'log_records_lost_total',
  help: 'Records that could not be written to a log file; standard output has them.',
  labelNames: ['file'] as const,
  registers: [],
});

/** A log file that is opened again some time after it failed. */
class LogFile {
  readonly #folder: string;
  readonly #name: string;
  readonly #onError: (error: Error) => void;
  #file: RotatingFileStream | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(folder: string, name: string, onError: (error: Error) => void) {
    this.#folder = folder;
    this.#name = name;
    this.#onError = onError;
    this.#file = this.#open();
  }

  write(line: string): void {
    if (!this.#file && performance.now() - this.#failedAt >= reopenMilliseconds) {
      this.#file = this.#open();
      // The last record before the failure may have been cut off.
      this.#file.write('\n');
    }
    if (!this.#file || this.#file.writableLength > mostPendingBytes) this.#countLost();
    else this.#file.write(line, (error) => error && this.#countLost());
  }

  /** Writes what is pending. A file that cannot be written does not keep the process. */
  async close(): Promise<void> {
    if (!this.#file) return;
    const closed = once(this.#file, 'close');
    this.#file.end();
    await within(closeSeconds, closed).catch(() => undefined);
  }

  #open(): RotatingFileStream {
    const file = openFile(this.#folder, this.#name);
    file.on('warning', this.#onError);
    // The stream has then closed itself.
    file.on('error', (error) => {
      this.#onError(error);
      this.#file = undefined;
      this.#failedAt = performance.now();
    });
    return file;
  }

  #countLost(): void {
    lostLogRecords.inc({ file: this.#name });
  }
}

/** Where the records of one process go: standard output, and files that are changed at midnight. */
export interface LogFiles {
  stream: DestinationStream;
  /** Writes what is pending and closes the files. */
  close(): Promise<void>;
}

/**
 * Writes records to standard output and to files in a folder: requests to access.log, all else to the role's own file
 * (api.log, celery.log for the worker, system.log for the scheduler), and errors to error.log too. Files are changed
 * every day, compressed, and 30 are kept. One that cannot be written is tried again every few seconds. A folder belongs to one process: two would rotate each other's files.
 *
 * @throws EnvironmentError when the folder cannot be made or written
 * @param onError is told when a file cannot be written; standard output goes on
 */
export function openLogFiles(
  folder: string,
  role: Role,
  onError: (error: Error) => void,
  output: DestinationStream = pino.destination(1),
): LogFiles {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new EnvironmentError(`LOG_DIR: got '${folder}' (${reason}); allowed: a folder this process may write to`);
  }
  const [own, access, errors] = [fileOfRole[role] ?? 'system', 'access', 'error'].map(
    (name) => new LogFile(folder, name, onError),
  ) as [LogFile, LogFile, LogFile];
  // With this symbol pino tells a stream the level and the message of the record it is about to write.
  const stream = {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    lastMsg: '',
    write(line: string) {
      output.write(line);
      (this.lastMsg === 'request' ? access : own).write(line);
      if (this.lastLevel >= errorLevel) errors.write(line);
    },
  };
  return {
    stream,
    close: async () => {
      await Promise.all([own, access, errors].map((file) => file.close()));
    },
  };
}
