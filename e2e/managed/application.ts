import { execFile } from 'node:child_process';
import path from 'node:path';
import { appRole, type DatabaseRole, readRole } from '../../app/src/database/roles';
import { Child, type Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { databaseName, host, type ManagedServers } from './servers';

const repository = path.join(__dirname, '..', '..');
const stock = ['--import', 'tsx', path.join(repository, 'app', 'src', 'stock.ts')];
const databaseRoles = { api: readRole, worker: appRole, scheduler: appRole } as const;
const startSeconds = 60;
const commandSeconds = 120;

/** The variables of a process as a role of the database and a user of the queue and the cache. */
export function variablesOf(
  { ports, password, files }: ManagedServers,
  role: DatabaseRole,
  { queueUser = 'api', cacheUser = 'api' } = {},
): Record<string, string> {
  const ca = files.path('trusted.pem');
  return {
    DATABASE_URL: `postgresql://${role}@${host}:${ports.pooler}/${databaseName}?sslmode=verify-full`,
    DATABASE_PASSWORD: password,
    DATABASE_CA_FILE: ca,
    DATABASE_POOLED: 'true',
    QUEUE_URL: `rediss://${queueUser}@${host}:${ports.queue}/0`,
    QUEUE_PASSWORD: password,
    QUEUE_CA_FILE: ca,
    REDIS_URL: `rediss://${cacheUser}@${host}:${ports.cache}/0`,
    REDIS_PASSWORD: password,
    REDIS_CA_FILE: ca,
    SECRET_KEY: 'a key of this run alone, long enough',
    SOURCE_PRIORITY: 'sample',
    HTTP_HOST: '127.0.0.1',
  };
}

/** How a command ended. */
export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs a command of the application to its end. */
export function runStock(words: readonly string[], variables: Record<string, string>): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: repository, env: { PATH, HOME, ...variables }, timeout: commandSeconds * 1000 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...stock, ...words], options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout: stdout.trim(), stderr: stderr.trim() }),
    );
  });
}

/** @returns what it wrote to standard output. @throws Error when it fails */
export async function succeed(words: readonly string[], variables: Record<string, string>): Promise<string> {
  const { exitCode, stdout, stderr } = await runStock(words, variables);
  if (exitCode !== 0) throw new Error(`stock ${words.join(' ')} ended with ${exitCode}: ${stderr}\n${stdout}`);
  return stdout;
}

/** Starts API, worker and scheduler, and returns once they are ready. @returns where the API is */
export async function startApplication(servers: ManagedServers, folder: string, cleanup: Cleanup): Promise<string> {
  const port = await freePort();
  for (const name of ['api', 'worker', 'scheduler'] as const) {
    const metricsPort = await freePort();
    const variables = variablesOf(servers, databaseRoles[name], {
      queueUser: name,
      cacheUser: name === 'api' ? 'api' : 'worker',
    });
    const child = new Child(name, process.execPath, [...stock, name], {
      cwd: repository,
      env: { ...variables, HTTP_PORT: String(port), METRICS_PORT: String(metricsPort) },
      logFile: path.join(folder, `${name}.log`),
    });
    cleanup.add(() => child.stop());
    await child.until(async () => (await fetch(`http://127.0.0.1:${metricsPort}/health`)).ok, startSeconds, 100);
  }
  return `http://127.0.0.1:${port}`;
}
