import { existsSync, statSync } from 'node:fs';
import type { EmbeddedFolder } from '../checks/embedded-folder';

/** What there is of the embedded product, part by part. */
export function embeddedStatus(folder: EmbeddedFolder): Record<string, string> {
  const { isRunning, httpPort, metricsPort } = folder;
  return {
    folder: folder.path,
    data: folder.hasData ? 'there' : 'none yet',
    process: isRunning ? 'runs' : 'does not run',
    ...(isRunning && { page: `http://127.0.0.1:${httpPort}/`, metrics: `http://127.0.0.1:${metricsPort}/metrics` }),
    ...(existsSync(folder.logFile) && { log: `${folder.logFile}, ${statSync(folder.logFile).size} bytes` }),
  };
}
