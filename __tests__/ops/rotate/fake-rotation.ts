import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Progress } from '../../../ops/src/cli/progress';
import { FolderShelf } from '../../../ops/src/ledger/folder-shelf';
import { type Former, rotate } from '../../../ops/src/rotate/rotate';
import { rotatedSecret } from '../../../ops/src/rotate/rotated-secrets';
import { named, writeStacks } from '../synthesized-checkout';

const environmentFile = path.join('config', 'environments', 'local.ts');
const configuration = {
  hosts: ['localhost'],
  postgres: { topology: 'bundled', passwordRevisions: { owner: 1, app: 1, read: 1, backup: 1, monitor: 1 } },
  api: { secretKeyRevision: 1 },
  queue: { topology: 'existing' },
  cache: { topology: 'existing' },
};

/** A checkout whose file has a revision, an engine that is a few files, and a PostgreSQL that knows what the files of its secrets say. */
export class FakeRotation {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'rotate-test-'));
  readonly root = path.join(this.folder, 'checkout');
  readonly shelf = new FolderShelf(path.join(this.folder, 'ledger', 'local'));
  readonly #given = { ...process.env };

  constructor() {
    for (const folder of ['bin', 'world/stacks', 'world/shm', 'checkout/config/environments'])
      mkdirSync(path.join(this.folder, folder), { recursive: true });
    for (const name of ['docker', 'terraform', 'git', 'node', 'psql'])
      copyFileSync(path.join(__dirname, 'fake-program.sh'), path.join(this.folder, 'bin', name));
    writeFileSync(path.join(this.root, 'main.ts'), '');
    writeFileSync(this.#file, "  postgres: { topology: 'bundled', storageGiB: 5 },\n");
    this.tell('plans', JSON.stringify({ hash: 'a'.repeat(64), differing: [] }));
    this.tell('commit', 'c0ffee');
    this.#describe();
    this.#makeTexts();
    process.env = {
      ...process.env,
      PATH: `${this.folder}/bin:${this.#given.PATH}`,
      FAKE_WORLD: path.join(this.folder, 'world'),
      FAKE_ROOT: this.root,
      STOCKOPS_FOLDER: path.join(this.folder, 'ledger'),
    };
  }

  stop(): void {
    process.env = this.#given;
    rmSync(this.folder, { recursive: true });
  }

  get #file(): string {
    return path.join(this.root, environmentFile);
  }

  /** What the file of the environment says. */
  get text(): string {
    return readFileSync(this.#file, 'utf8');
  }

  write(text: string): void {
    writeFileSync(this.#file, text);
  }

  tell(name: string, text: string): void {
    writeFileSync(path.join(this.folder, 'world', name), text);
  }

  told(name: string): string[] {
    const file = path.join(this.folder, 'world', name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** Loses what is kept in its memory, as a server does that is started again. */
  restartServer(): void {
    rmSync(path.join(this.folder, 'world', 'shm', 'stockops-rotated'), { force: true });
  }

  get isHeld(): boolean {
    return existsSync(path.join(this.folder, 'world', 'shm', 'stockops-rotated'));
  }

  rotate(progress = new Progress(false), former?: Former, signal = new AbortController().signal) {
    const secret = rotatedSecret('postgres.app');
    return rotate({ root: this.root, environment: 'local', secret, former, progress, signal });
  }

  /** The stacks at any revision, and at the first. */
  #describe(): void {
    const revision = '@REVISION@';
    const told = JSON.stringify(configuration).replace('"app":1', `"app":${revision}`);
    const stacks = {
      data: { docker_container: { postgres: { ...named('postgres'), labels: [`app@${revision}`] } } },
      application: {
        docker_image: { app: { name: 'app:first' } },
        docker_container: {
          api: {
            ...named('api'),
            env: [`app@${revision}`],
            upload: [{ source: '/x/.local/secrets/local/postgres-app/password' }],
          },
        },
      },
      observability: { docker_container: { prometheus: named('prometheus') } },
      backup: {
        docker_container: { backup: { ...named('backup'), upload: [{ file: 'environment.json', content: told }] } },
      },
    };
    writeStacks(this.root, stacks);
    for (const kind of Object.keys(stacks))
      copyFileSync(path.join(this.root, 'cdktf.out', 'stacks', `local-${kind}`, 'cdk.tf.json'), this.#template(kind));
  }

  #template = (kind: string): string => path.join(this.folder, 'world', 'stacks', kind);

  #makeTexts(): void {
    for (const [label, text] of [
      ['postgres-app', 'text-of-1'],
      ['postgres-app-second', 'text-of-nobody'],
    ] as const) {
      const folder = path.join(this.root, '.local', 'secrets', 'local', label);
      mkdirSync(folder, { recursive: true });
      for (const name of ['password', '.password']) writeFileSync(path.join(folder, name), text);
    }
  }
}
