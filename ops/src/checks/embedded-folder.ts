import { existsSync } from 'node:fs';
import path from 'node:path';
import { readRole } from '../../../app/src/database/roles';
import { readEnvironmentFile } from '../../../app/src/embedded/environment-file';
import { dataFolder } from '../../../app/src/embedded/postgres-data';

/** What `npm start` keeps in its folder. */
export class EmbeddedFolder {
  constructor(readonly path: string) {}

  /** Itself, or where it is not made yet the nearest above it that is there. */
  get nearest(): string {
    return nearest(this.path);
  }

  /** Whether it has a database. */
  get hasData(): boolean {
    return existsSync(dataFolder(this.path));
  }

  /** Whether it says that something runs on it. */
  get isRunning(): boolean {
    return this.#variables.DATABASE_URL !== undefined;
  }

  /** Of the API; that of `npm start` where nothing says another. */
  get httpPort(): number {
    return Number(this.#variables.HTTP_PORT ?? 8000);
  }

  get metricsPort(): number {
    return Number(this.#variables.METRICS_PORT ?? 8001);
  }

  get logFile(): string {
    return path.join(this.path, 'stock-analysis.log');
  }

  get #variables(): Record<string, string | undefined> {
    return readEnvironmentFile(this.path, readRole);
  }
}

const nearest = (folder: string): string => (existsSync(folder) ? folder : nearest(path.dirname(folder)));
