import '../config/report-errors';

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentConfig } from '../config/environment';
import { environments } from '../config/environments';
import { platformApp } from '../constructs/workload/app';
import { secretsOf, writeSecretFiles } from '../constructs/workload/secret-files';
import { addSystem } from './system';

/** Makes the files that the secrets of every environment on Docker are read from, before its first deployment. */
for (const config of environments.filter(({ target }) => target === 'docker')) writeFilesOf(config);

function writeFilesOf(config: EnvironmentConfig): void {
  const unused = mkdtempSync(join(tmpdir(), 'secrets-'));
  try {
    const { environment } = addSystem(platformApp(unused), config);
    const made = writeSecretFiles(join(__dirname, '..'), environment.secrets);
    for (const path of made) console.error(`made ${path}`);
    console.error(
      `${environment.secrets.length} secrets are ready in ${secretsOf(config.name)} (mode 0600, outside git)`,
    );
  } finally {
    rmSync(unused, { recursive: true });
  }
}
