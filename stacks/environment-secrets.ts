import { join } from 'node:path';
import type { EnvironmentConfig } from '../config/environment';
import { Secret } from '../constructs/workload/secret';
import { secretsOf, writeSecretFiles } from '../constructs/workload/secret-files';
import { withSystem } from './system';

/** Makes what is missing of the files that the secrets of an environment on Docker are read from, and says so. */
export function writeSecretsOf(config: EnvironmentConfig): void {
  withSystem(config, ({ environment }) => {
    const secrets = environment.all(Secret);
    const made = writeSecretFiles(join(__dirname, '..'), secrets);
    for (const path of made) console.error(`made ${path}`);
    console.error(`${secrets.length} secrets are ready in ${secretsOf(config.name)} (mode 0600, outside git)`);
  });
}
