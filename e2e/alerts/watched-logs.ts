import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Cleanup } from '../../bench/child';
import { snapshotRepository } from '../../constructs/elasticsearch/snapshot-repository';
import { startWatch } from '../logging/watch';

interface Snapshot {
  snapshot: string;
  state: 'SUCCESS';
  start_time_in_millis: number;
}

/** What watches the logs, as its workload starts it, beside something that answers of snapshots as an Elasticsearch does: e2e:logging has a real one. */
export class WatchedLogs {
  #metricsPort = 0;
  #snapshots: readonly Snapshot[] = [];
  #hasRepository = true;

  async start(folder: string, cleanup: Cleanup): Promise<void> {
    this.snapshot();
    const server = createServer(({ url }, response) => this.#answer(`${url}`, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanup.add(async () => void server.close());
    const { port } = server.address() as AddressInfo;
    const watch = await startWatch(`http://127.0.0.1:${port}`, 'production', 'of-the-observer', folder);
    cleanup.add(() => watch.stop());
    this.#metricsPort = Number(new URL(watch.url).port);
  }

  get metricsPort(): number {
    return this.#metricsPort;
  }

  /** As it is made every night. */
  snapshot(): void {
    this.#snapshots = [{ snapshot: 'logs-of-the-run', state: 'SUCCESS', start_time_in_millis: Date.now() }];
  }

  /** As a server that has lost its volume. @returns what sets it up again */
  loseRepository(): () => Promise<void> {
    this.#hasRepository = false;
    return async () => {
      this.#hasRepository = true;
    };
  }

  #answer(path: string, response: ServerResponse): void {
    response.setHeader('content-type', 'application/json');
    if (!path.startsWith(`/_snapshot/${snapshotRepository.name}/`)) return void response.end('{}');
    if (!this.#hasRepository) response.statusCode = 404;
    const missing = { error: { type: 'repository_missing_exception' }, status: 404 };
    response.end(JSON.stringify(this.#hasRepository ? { snapshots: this.#snapshots } : missing));
  }
}
