import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fingerprintOf } from '../backup/fingerprint';
import { Refusal } from '../failures';
import { DockerPlace, listed } from '../place/docker-place';
import { type Resource, resourcesOf, stackOf } from '../place/synthesized';
import { runWell } from '../place/tool';
import type { Step } from '../walk/walk';
import { givenKeys, type KeyName, type Keys } from './keys';
import type { RecoveryPlace } from './recovery-place';

/** An environment that is brought back on the Docker engine of this machine. */
export class DockerRecovery extends DockerPlace implements RecoveryPlace {
  readonly howToEmpty = `Where it is of no use, remove it first: npm run destroy -- ${this.environment}`;

  get offered(): Record<string, string> {
    const names: readonly KeyName[] = ['SECRET_KEY', ...givenKeys];
    return Object.fromEntries(
      names.flatMap((name) => {
        const file = this.#fileOf(name);
        return file && this.#textOf(file) ? [[`${name}_FILE`, file]] : [];
      }),
    );
  }

  variables(): Record<string, string> {
    return {};
  }

  async found(): Promise<string[]> {
    const described = (type: string) => resourcesOf(this.stacks, type).map(({ resource }): string => resource.name);
    const [containers, volumes] = await Promise.all([
      listed('container', 'ls', '--all', '--format', '{{.Names}}'),
      listed('volume', 'ls', '--format', '{{.Name}}'),
    ]);
    // What has the files of secrets is made anew.
    const ofData = described('docker_volume').filter((name) => name.endsWith('-data'));
    return [
      ...ofData.filter((name) => volumes.has(name)).map((name) => `the volume ${name}`),
      ...described('docker_container')
        .filter((name) => containers.has(name))
        .map((name) => `the container ${name}`),
    ];
  }

  beforeStacks(keys: Keys): Step {
    return {
      name: 'secrets',
      phase: 'infrastructure',
      text: 'the files of secrets: what was kept apart, and the rest anew',
      act: async () => {
        for (const name of ['SECRET_KEY', ...givenKeys] as const) await this.#give(name, keys[name]);
        const said = await runWell('node', ['--import', 'tsx', 'stacks/write-secret-files.ts'], { cwd: this.root });
        return said.trim();
      },
    };
  }

  beforeBackup(): Step[] {
    return [];
  }

  /** Where the workload `backup` has a key from. */
  #fileOf(name: KeyName): string | undefined {
    const stack = stackOf(this.stacks, 'backup');
    const variable = `${name}_FILE=`;
    const inside = (this.container('backup').env as string[]).find((each) => each.startsWith(variable));
    const uploads = Object.values(stack.resources.docker_container ?? {}).flatMap(({ upload }) => upload ?? []);
    const upload = uploads.find(({ file }: Resource) => file === inside?.slice(variable.length));
    return upload && path.resolve(stack.folder, upload.source);
  }

  #textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '');

  /** Writes a key that was kept apart, where there is none. */
  async #give(name: KeyName, text: string | undefined): Promise<void> {
    const file = this.#fileOf(name);
    if (!file || !text) return;
    const there = this.#textOf(file);
    if (there === text) return;
    if (there) {
      throw new Refusal(
        `${file} has another ${name} (fingerprint ${fingerprintOf(there)}) than the one that is given (${fingerprintOf(text)}); move the file away if nothing uses it`,
      );
    }
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600, flush: true });
    await chmod(file, 0o600);
  }
}
