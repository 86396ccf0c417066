import '../config/report-errors';

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local } from '../config/environments/local';
import { platformApp } from '../constructs/workload/app';
import { secretsDirectory, writeSecretFiles } from '../constructs/workload/secret-files';
import { addSystem } from './system';

/** Makes the files that the local environment's secrets are read from, before its first deployment. */
const unused = mkdtempSync(join(tmpdir(), 'secrets-'));
try {
  const { environment } = addSystem(platformApp(unused), local);
  const made = writeSecretFiles(join(__dirname, '..'), environment.secrets);
  for (const path of made) console.error(`made ${path}`);
  console.error(`${environment.secrets.length} secrets are ready in ${secretsDirectory} (mode 0600, outside git)`);
} finally {
  rmSync(unused, { recursive: true });
}
