import { Construct } from 'constructs';
import type { BackupConfig } from '../../config/components/backup';
import { applicationProbes, metricsPort, scrapeOf } from '../application/application';
import { certificateFiles } from '../workload/certificates';
import type { Client, Given } from '../workload/connections';
import { Environment } from '../workload/environment';
import type { Files } from '../workload/files';
import type { ContainerImage } from '../workload/image';
import { given, Secret } from '../workload/secret';
import { filesDirectory, Workload } from '../workload/workload';
import { backupAlerts } from './alerts';
import { backupDashboard } from './dashboard';

export interface BackupProps extends BackupConfig {
  readonly image: ContainerImage;
  /** The key that API keys are hashed with, of which copies keep the fingerprint, and the one before. */
  readonly secretKeys: Required<Given>;
  /** The certificates of the CAs that sign that of the bucket's server, in PEM. @default - the CAs that Node.js trusts */
  readonly s3Ca?: string | undefined;
  /** What the environment is configured with, none of it secret: a copy of it goes along with each copy of the database. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

const volumePath = '/backup';
/** A folder of its own: what is looked into for changes, without a restart. */
const configurationFolder = 'configuration';

/**
 * Makes the copies of the database, keeps them, and restores them into a server of its own to see that they can be; the place where an
 * operator makes, checks and restores copies by hand (docs/decisions/030-backups.md). Nobody connects to it but whoever watches.
 */
export class Backup extends Construct implements Client {
  readonly workload: Workload;

  constructor(scope: Construct, id: string, props: BackupProps) {
    super(scope, id);
    const { keep, s3, ageRecipients } = props;
    const keys = this.givenKeys(id, props);
    const certificates = certificateFiles('BACKUP_S3_CA_FILE', 's3-ca.pem', props.s3Ca);
    this.workload = new Workload(this, 'workload', {
      kind: 'stateful',
      component: id,
      purpose: 'backup',
      image: props.image,
      command: ['stockops', 'backup', 'serve'],
      // The image's own user of PostgreSQL: initdb wants a name for whom it is run by.
      user: { uid: 999, gid: 999 },
      ports: { metrics: metricsPort },
      environment: {
        STOCK_ENVIRONMENT: Environment.of(this).config.name,
        ...props.secretKeys.environment,
        BACKUP_STORE: s3 ? `s3://${s3.bucket}/${s3.prefix}` : `${volumePath}/store`,
        BACKUP_WORK: `${volumePath}/work`,
        BACKUP_SCHEDULE: props.schedule,
        DRILL_SCHEDULE: props.drillSchedule,
        BASE_BACKUP_SCHEDULE: props.baseSchedule,
        MAINTENANCE_SCHEDULE: props.maintenanceSchedule,
        MONTHLY_MAINTENANCE_SCHEDULE: props.monthlyMaintenanceSchedule,
        BACKUP_KEEP_LAST: `${keep.last}`,
        BACKUP_KEEP_DAILY: `${keep.daily}`,
        BACKUP_KEEP_WEEKLY: `${keep.weekly}`,
        BACKUP_KEEP_MONTHLY: `${keep.monthly}`,
        BACKUP_CONFIGURATION: `${filesDirectory}/${configurationFolder}`,
        METRICS_PORT: `${metricsPort}`,
        ...(ageRecipients && { BACKUP_AGE_RECIPIENTS: ageRecipients.join(',') }),
        ...(s3 && { BACKUP_S3_REGION: s3.region }),
        ...(s3?.endpoint && { BACKUP_S3_ENDPOINT: s3.endpoint }),
        ...certificates.environment,
        ...keys.environment,
      },
      files: {
        ...props.secretKeys.files,
        [`${configurationFolder}/environment.json`]: {
          content: `${JSON.stringify(props.configuration, undefined, 2)}\n`,
          onChange: 'reread',
        },
        ...certificates.files,
        ...keys.files,
      },
      scratchMiB: { '/tmp': 64, '/var/run/postgresql': 16, '/dev/shm': 128 },
      volumes: [{ path: volumePath, sizeGiB: props.storageGiB }],
      cpuMillicores: props.cpuMillicores,
      memoryMiB: props.memoryMiB,
      // What was received of the log is written to the volume first, and a copy that is under way is given up.
      terminationGracePeriodSeconds: 60,
      // As the application's: that a store or the database is away is told by metrics.
      probes: applicationProbes('metrics', ['stockops', 'healthcheck']),
    });
    const { connections, observations, config } = Environment.of(this);
    observations.record({
      component: id,
      scrapes: [scrapeOf(this.workload)],
      alerts: backupAlerts,
      // Where copies go into a bucket, what they tell of room is not about the volume.
      watchedVolumes: s3 ? [] : this.workload.volumes.map(this.workload.volumeName),
      dashboards: [backupDashboard(config.name)],
    });
    if (s3) connections.reach(this.workload, s3.endpoint ?? `https://s3.${s3.region}.amazonaws.com`);
  }

  /** What people have and give: the keys of the bucket, and one that reads encrypted copies. */
  private givenKeys(id: string, { s3, ageRecipients, identityRevision }: BackupProps) {
    const keys = [
      ...(s3
        ? [
            { key: 's3-access-key', revision: s3.keyRevisions.access },
            { key: 's3-secret-key', revision: s3.keyRevisions.secret },
          ]
        : []),
      ...(ageRecipients ? [{ key: 'age-identity', revision: identityRevision }] : []),
    ];
    const files: Files = Object.fromEntries(
      keys.map(({ key, revision }) => {
        const secret = new Secret(this, key, { component: id, suffix: key, keys: { [key]: given }, revision });
        return [key, secret.file(key)];
      }),
    );
    const variable = (key: string) => `BACKUP_${key.toUpperCase().replaceAll('-', '_')}_FILE`;
    return {
      files,
      environment: Object.fromEntries(keys.map(({ key }) => [variable(key), `${filesDirectory}/${key}`])),
    };
  }
}
