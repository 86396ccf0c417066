import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from './deployment';
import { RecoverCommand } from './recover-command';

/** Where the environment keeps its copies, undefined where that is the workload's volume. */
export function bucketOf({ target }: Deployment): string | undefined {
  const s3 = target.config.backup?.s3;
  return s3 && `s3://${s3.bucket}/${s3.prefix}`;
}

/** What is left when everything is lost: the SECRET_KEY, and the bucket, or a folder with something of the store. */
export class Kept {
  readonly #folder = mkdtempSync(join(tmpdir(), 'recover-'));

  constructor(readonly deployment: Deployment) {}

  /** @param names of what is fetched of a store that is no bucket */
  async keep(names: readonly string[]): Promise<void> {
    const { target } = this.deployment;
    if (!bucketOf(this.deployment)) await target.fetchFromStore(names, this.#store);
    const key = await target.inside('backup', ['cat', '/etc/stock-analysis/secret-key']);
    writeFileSync(this.#secretKey, key, { mode: 0o600 });
  }

  /** `stockops recover` from it. @param words options of its own */
  recover(...words: string[]): RecoverCommand {
    const from = bucketOf(this.deployment) ?? this.#store;
    const given = { SECRET_KEY_FILE: this.#secretKey };
    return new RecoverCommand(this.deployment.target.config.name, ['--from', from, ...words], given);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  get #store(): string {
    return join(this.#folder, 'store');
  }

  get #secretKey(): string {
    return join(this.#folder, 'secret-key');
  }
}
