import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentConfig } from '../config/environment';
import { platformApp } from '../constructs/workload/app';
import { Secret } from '../constructs/workload/secret';
import { secretsOf, writeSecretFiles } from '../constructs/workload/secret-files';
import { addSystem } from './system';

/** Makes what is missing of the files that the secrets of an environment on Docker are read from, and says so. */
export function writeSecretsOf(config: EnvironmentConfig): void {
  const unused = mkdtempSync(join(tmpdir(), 'secrets-'));
  try {
    const { environment } = addSystem(platformApp(unused), config);
    const secrets = environment.all(Secret);
    const made = writeSecretFiles(join(__dirname, '..'), secrets);
    for (const path of made) console.error(`made ${path}`);
    console.error(`${secrets.length} secrets are ready in ${secretsOf(config.name)} (mode 0600, outside git)`);
  } finally {
    rmSync(unused, { recursive: true });
  }
}
