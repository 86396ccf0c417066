import { z } from 'zod';
import { certificateFile } from '../certificate-file';
import { httpUrl, revision, schedule, size, storageGiB } from '../fields';
import type { ImageSettings } from '../images';
import type { Place } from '../place';
import type { Rule } from '../rule';

/** How many of each are kept; one copy may be several of them. */
const kept = z.int().min(0).max(1000);

const recipient = z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/, 'a public key of age, age1…');

/** A bucket of S3 or of what speaks its language, elsewhere. Its keys are secrets that people give. */
const bucket = z.strictObject({
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket'),
  /** Begins the names of all that is written. */
  prefix: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
      'parts separated by "/", e.g. copies/production',
    ),
  region: z.string().min(1, 'a text that is not empty'),
  /** Of a store that is not of AWS, which is asked by path. @default - AWS in that region */
  endpoint: httpUrl.optional(),
  /** The certificates of the CAs that sign the endpoint's. @default - the CAs that Node.js trusts */
  caFile: certificateFile.optional(),
  /** Of each given key: raise it, and give the key, to have it written again. */
  keyRevisions: z.strictObject({ access: revision, secret: revision }).prefault({}),
});

const schema = z.strictObject({
  ...size,
  /** Of the volume that holds the copies, where no bucket does, and all that is under way. */
  storageGiB,
  /** When a copy is made (manual 3.4: by night). */
  schedule: schedule.default('30 2 * * *'),
  /** When the newest copy is restored into a server of its own. */
  drillSchedule: schedule.default('30 4 * * 0'),
  /** When the database is maintained: what is needed each week, and all of it each month (manual 3.6). */
  maintenanceSchedule: schedule.default('45 3 * * 6'),
  monthlyMaintenanceSchedule: schedule.default('0 5 1 * *'),
  /** When what points in time begin with is made. */
  baseSchedule: schedule.default('30 3 * * 6'),
  /** Which copies are kept; as the manual has it, 30 days of them (3.4). */
  keep: z
    .strictObject({
      last: kept.min(3).default(3),
      daily: kept.default(30),
      weekly: kept.default(8),
      monthly: kept.default(12),
    })
    .prefault({}),
  /** Who can read the copies; one alone would be one lost key away from no copy. @default - they are not encrypted */
  ageRecipients: z
    .array(recipient)
    .min(2, 'two keys or more')
    .refine((keys) => new Set(keys).size === keys.length, 'keys of different people')
    .optional(),
  /** Of the private key that drills and restores read encrypted copies with: raise it, and give the key, to have it written again. */
  identityRevision: revision,
  /** Where copies are kept besides. @default - on the volume */
  s3: bucket.optional(),
});
export type BackupConfig = z.output<typeof schema>;

/** How often the database's own volume: a drill, and what a point in time begins with, are as large as the database. */
const timesTheDatabase = 2;

/** What the rules ask about. */
interface BackedUp {
  readonly backup?: BackupConfig | undefined;
  readonly postgres: { readonly topology: string; readonly storageGiB?: number };
  readonly tier: Place['tier'];
  readonly images: ImageSettings;
}

function rules({ backup, postgres, tier, images }: BackedUp): Rule[] {
  const isOurs = postgres.topology !== 'existing';
  if (!backup) {
    return [
      {
        isBroken: tier === 'production' && isOurs,
        path: 'backup',
        got: backup,
        allowed: 'a backup in production, such as that of config/environments/production.ts',
      },
    ];
  }
  const least = (postgres.storageGiB ?? 0) * timesTheDatabase;
  return [
    {
      isBroken: !isOurs,
      path: 'backup',
      got: postgres.topology,
      allowed: 'nothing where postgres.topology is "existing": whoever runs that server makes its copies',
    },
    {
      isBroken: isOurs && backup.storageGiB < least,
      path: 'backup.storageGiB',
      got: backup.storageGiB,
      allowed: `${least} or more, ${timesTheDatabase} times postgres.storageGiB: a drill and a base backup are as large as the database`,
    },
    {
      isBroken: backup.s3 !== undefined && !backup.ageRecipients,
      path: 'backup.ageRecipients',
      got: backup.ageRecipients,
      allowed: 'two public keys of age or more where copies go into a bucket: they are encrypted before they leave',
    },
    {
      isBroken: backup.s3?.caFile !== undefined && !backup.s3.endpoint?.startsWith('https://'),
      path: 'backup.s3.caFile',
      got: backup.s3?.caFile,
      allowed: 'nothing, where backup.s3.endpoint is not https: no certificate is shown there',
    },
    {
      isBroken: images.operations === undefined,
      path: 'images.operations',
      got: images.operations,
      allowed: 'the image of ops/Dockerfile, where there is a backup',
    },
  ];
}

export const backup = { schema, rules };
