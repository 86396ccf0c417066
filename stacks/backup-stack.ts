import type { BackupConfig } from '../config/components/backup';
import type { EnvironmentConfig } from '../config/environment';
import type { PostgresMajor } from '../config/versions';
import type { Api } from '../constructs/api/api';
import { Backup } from '../constructs/backup/backup';
import type { PostgresEndpoint } from '../constructs/postgres/postgres-endpoint';
import type { Environment } from '../constructs/workload/environment';
import { operationsImage } from '../constructs/workload/image';
import { EnvironmentStack } from '../constructs/workload/stack';
import { certificatesIn } from './certificates';

export interface BackupStackProps {
  readonly backup: BackupConfig;
  readonly postgres: PostgresEndpoint;
  /** Of the server. */
  readonly major: PostgresMajor;
  readonly api: Api;
}

/** The copies of the database, which outlive every deployment of what is copied. */
export class BackupStack extends EnvironmentStack {
  constructor(environment: Environment, config: EnvironmentConfig, { backup, postgres, api, major }: BackupStackProps) {
    super(environment, 'backup', 'supporting');
    const copies = new Backup(this, 'backup', {
      ...backup,
      s3Ca: backup.s3 && certificatesIn(backup.s3),
      image: operationsImage(config.images, major),
      secretKeys: api.secretKeys,
      configuration: config,
    });
    postgres.allow('backup', copies);
  }
}
