import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Progress } from '../../../ops/src/cli/progress';
import { type DeployOptions, deploy } from '../../../ops/src/deploy/deploy';
import type { Reading } from '../../../ops/src/deploy/verdict';
import { FolderShelf } from '../../../ops/src/ledger/folder-shelf';
import { named, startGateway, stopGateway, writeStacks } from '../synthesized-checkout';

/** What Prometheus tells of an application that is well. */
export const well: Record<keyof Reading, number> = {
  requests: 9000,
  failedRequests: 0,
  p99Seconds: 0.02,
  restarts: 0,
  oldestJobSeconds: 1,
  jobs: 0,
  failedJobs: 0,
};

/** A checkout whose synthesis is done, an engine that is a few files, and a gateway: all that a deployment asks. */
export class FakeEngine {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'deploy-test-'));
  readonly root = path.join(this.folder, 'checkout');
  readonly shelf = new FolderShelf(path.join(this.folder, 'ledger', 'local'));
  readonly #given = { ...process.env };
  readonly #gateway: Server;
  /** What the gateway answers. */
  status = 200;

  private constructor(gateway: Server) {
    this.#gateway = gateway;
    mkdirSync(path.join(this.folder, 'bin'), { recursive: true });
    mkdirSync(path.join(this.folder, 'world'));
    for (const name of ['docker', 'terraform', 'git', 'node'])
      copyFileSync(path.join(__dirname, 'fake-program.sh'), path.join(this.folder, 'bin', name));
    this.tell('told', JSON.stringify({ version: '0.1.0', applied: ['001_stock-data'] }));
    this.tell('plans', JSON.stringify({ hash: 'a'.repeat(64), differing: [] }));
    this.tell('system', 'linux');
    this.sample({});
    mkdirSync(path.join(this.root, 'config', 'environments'), { recursive: true });
    writeFileSync(path.join(this.root, 'config', 'environments', 'local.ts'), '');
    writeFileSync(path.join(this.root, 'main.ts'), '');
    writeFileSync(path.join(this.root, 'package.json'), JSON.stringify({ engines: { node: '>=20' } }));
    process.env = { ...process.env, ...this.environment };
  }

  static async start(): Promise<FakeEngine> {
    const gateway = await startGateway((_request, response) => {
      response.statusCode = engine.status;
      response.end('{}');
    });
    const engine = new FakeEngine(gateway);
    engine.describe('first');
    return engine;
  }

  async stop(): Promise<void> {
    process.env = this.#given;
    await stopGateway(this.#gateway);
    rmSync(this.folder, { recursive: true });
  }

  /** For this process, and for one that is killed. */
  get environment(): NodeJS.ProcessEnv {
    return {
      PATH: `${this.folder}/bin:${this.#given.PATH}`,
      FAKE_WORLD: path.join(this.folder, 'world'),
      STOCKOPS_FOLDER: path.join(this.folder, 'ledger'),
    };
  }

  /** What the programs know. */
  tell(name: string, text: string): void {
    writeFileSync(path.join(this.folder, 'world', name), text);
  }

  told(name: string): string[] {
    const file = path.join(this.folder, 'world', name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  sample(changes: Partial<typeof well>): void {
    for (const [name, value] of Object.entries({ ...well, ...changes })) this.tell(`sample-${name}`, `${value}`);
  }

  /** Deploys what the checkout describes, and watches it for no time at all. */
  deploy(changes: Partial<DeployOptions> = {}) {
    return deploy({
      root: this.root,
      environment: 'local',
      anew: false,
      soakSeconds: 0,
      despite: [],
      progress: new Progress(false),
      signal: new AbortController().signal,
      ...changes,
    });
  }

  /** Synthesizes the checkout at another image of the application. @param more stacks */
  describe(tag: string, more: Readonly<Record<string, object>> = {}): void {
    const { port } = this.#gateway.address() as AddressInfo;
    this.tell('port', `${port}`);
    const gateway = { ...named('gateway'), ports: [{ ip: '127.0.0.1', external: port }] };
    const resources = {
      data: { docker_container: { postgres: named('postgres') } },
      application: {
        docker_image: { app: { name: `app:${tag}` } },
        docker_container: { api: named('api'), gateway },
      },
      observability: { docker_container: { prometheus: named('prometheus') } },
      ...more,
    };
    writeStacks(this.root, resources);
  }
}
