import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeFiles } from '../../../ops/src/backup/copy-files';
import { fingerprintOf } from '../../../ops/src/backup/fingerprint';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { writeManifest } from '../../../ops/src/backup/manifest';
import { markOf } from '../../../ops/src/backup/store';
import { Progress } from '../../../ops/src/cli/progress';
import { FolderShelf } from '../../../ops/src/ledger/folder-shelf';
import { type Recovered, type RecoverOptions, recover } from '../../../ops/src/recover/recover';
import { named, startGateway, stopGateway, writeStacks } from '../synthesized-checkout';

export const copyId = '20261126T023000Z-4f1c9a';
export const secretKey = 'the key that API keys are hashed under';

/** What the fakes of docker and terraform know. */
export interface World {
  containers: string[];
  volumes: string[];
  /** Stacks, in the order in which they were applied. */
  applied: string[];
  copies: string[];
  /** Of the live database. */
  rows: number;
  restored?: number;
  /** What was received of points in time, and the moment that was restored. */
  received?: string[];
  moment?: string;
}

interface Failures {
  /** A stack that cannot be applied. */
  failing?: string;
  /** The engine does not answer. */
  away?: true;
}

/**
 * A machine with an engine, as far as a recovery sees it: a checkout whose synthesis writes three small stacks, programs that keep what
 * they did in a file, a gateway, and a store with one copy.
 */
export class FakeMachine {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'recover-test-'));
  readonly root = path.join(this.folder, 'checkout');
  readonly store = path.join(this.folder, 'store');
  readonly #given = { ...process.env };
  readonly #gateway: Server;
  /** Paths that the gateway was asked for, with the API key. */
  readonly asked: string[] = [];

  private constructor(gateway: Server) {
    this.#gateway = gateway;
  }

  static async start(): Promise<FakeMachine> {
    const gateway = await startGateway((request, response) => {
      machine.asked.push(`${request.url} ${request.headers['x-api-key'] ?? ''}`.trim());
      // As the gateway does.
      response.statusCode = request.headers.host === 'api.example' ? 200 : 421;
      response.end('{}');
    });
    const machine = new FakeMachine(gateway);
    machine.#makeCheckout();
    machine.#makePrograms();
    await machine.makeCopy();
    return machine;
  }

  async stop(): Promise<void> {
    process.env = this.#given;
    await stopGateway(this.#gateway);
    rmSync(this.folder, { recursive: true });
  }

  get world(): World {
    const text = (name: string) =>
      existsSync(this.#file(name)) ? readFileSync(this.#file(name), 'utf8').trim() : undefined;
    const lines = (name: string) => text(name)?.split('\n').filter(Boolean) ?? [];
    const restored = text('restored');
    return {
      containers: lines('containers'),
      volumes: lines('volumes'),
      applied: lines('applied'),
      copies: lines('copies'),
      rows: Number(text('rows')),
      restored: restored ? Number(restored) : undefined,
      received: lines('received'),
      moment: text('moment'),
    };
  }

  /** Every command that the programs were given. */
  get commands(): string {
    return readFileSync(this.#file('asked'), 'utf8');
  }

  change(changes: Partial<World> & Failures): void {
    for (const [name, value] of Object.entries(changes))
      writeFileSync(this.#file(name), Array.isArray(value) ? value.map((line) => `${line}\n`).join('') : `${value}`);
  }

  /** Recovers the environment `local`, confirmed. */
  recover(changes: Partial<RecoverOptions> = {}): Promise<Recovered> {
    return recover({
      root: this.root,
      environment: 'local',
      from: this.store,
      copy: undefined,
      despiteKeys: false,
      isDry: false,
      progress: new Progress(false),
      signal: new AbortController().signal,
      confirm: async () => undefined,
      ...changes,
    });
  }

  /** Has the environment keep its copies in a bucket. */
  keepCopiesIn(store: string, endpoint: string): void {
    const file = path.join(this.root, 'cdktf.out', 'stacks', 'local-backup', 'cdk.tf.json');
    const variables = `BACKUP_STORE=${store}","BACKUP_S3_ENDPOINT=${endpoint}`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('BACKUP_STORE=/backup/store', variables));
    Object.assign(process.env, { BACKUP_S3_ACCESS_KEY: 'of-the-bucket', BACKUP_S3_SECRET_KEY: 'of-the-bucket-alone' });
  }

  async makeCopy(environment = 'local', id = copyId): Promise<void> {
    const store = new FolderStore(this.store);
    await store.writeMark(markOf(environment));
    const draft = await store.begin(id);
    writeFileSync(path.join(draft.folder, 'roles.sql'), 'CREATE ROLE stock_app;\n');
    const moment = new Date('2026-11-26T02:30:00Z').toISOString();
    const manifest = writeManifest({
      schemaVersion: 1,
      id,
      environment,
      method: 'pg_dump',
      startedAt: moment,
      snapshotAt: moment,
      finishedAt: moment,
      server: { version: '17.11', major: 17, systemIdentifier: '1', database: 'stockdb', lsn: '0/1' },
      application: { version: '0.1.0', migrations: [] },
      tool: 'pg_dump',
      tables: [{ name: 'public.stock_data_2024', rows: 42, hash: '1' }],
      keys: [{ name: 'SECRET_KEY', fingerprint: fingerprintOf(secretKey) }],
      recipients: [],
      files: await describeFiles(draft.folder),
    });
    await draft.commit(manifest);
  }

  get #ledger(): string {
    return path.join(this.folder, 'ledger');
  }

  /** What all who operate the environment know of each other. */
  get shelf(): FolderShelf {
    return new FolderShelf(path.join(this.#ledger, 'local'));
  }

  #file(name: string): string {
    return path.join(this.folder, 'world', name);
  }

  #makeCheckout(): void {
    const { port } = this.#gateway.address() as AddressInfo;
    const environments = path.join(this.root, 'config', 'environments');
    mkdirSync(environments, { recursive: true });
    writeFileSync(path.join(environments, 'local.ts'), '');
    writeFileSync(path.join(this.root, 'main.ts'), '');
    const upload = { file: '/etc/stock-analysis/secret-key', source: '../../../.local/secrets/local/api/secret-key' };
    const configuration = {
      file: '/etc/stock-analysis/configuration/environment.json',
      content: JSON.stringify({ hosts: ['api.example'] }),
    };
    const resources = {
      data: {
        docker_container: { postgres: named('postgres') },
        docker_volume: { 'postgres-data': named('postgres-data') },
      },
      application: {
        docker_container: {
          api: named('api'),
          gateway: { ...named('gateway'), ports: [{ ip: '127.0.0.1', external: port }] },
        },
      },
      backup: {
        docker_container: {
          backup: {
            ...named('backup'),
            env: ['BACKUP_STORE=/backup/store', 'SECRET_KEY_FILE=/etc/stock-analysis/secret-key'],
          },
          'backup-files': { ...named('backup-files'), restart: 'no', upload: [upload, configuration] },
        },
      },
    };
    writeStacks(this.root, resources);
  }

  #makePrograms(): void {
    const programs = path.join(this.folder, 'bin');
    mkdirSync(programs);
    for (const name of ['docker', 'terraform'])
      copyFileSync(path.join(__dirname, 'fake-program.sh'), path.join(programs, name));
    // What it would run, synthesis and the files of secrets, is made already.
    writeFileSync(path.join(programs, 'node'), '#!/bin/sh\n', { mode: 0o755 });
    mkdirSync(path.join(this.folder, 'world'));
    this.change({ containers: [], volumes: [], applied: [], copies: [], rows: 0 });
    process.env = {
      ...process.env,
      STOCKOPS_FOLDER: this.#ledger,
      PATH: `${programs}:${process.env.PATH}`,
      FAKE_WORLD: path.join(this.folder, 'world'),
      SECRET_KEY: secretKey,
    };
  }
}
