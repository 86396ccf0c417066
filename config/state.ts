import { z } from 'zod';
import { dnsLabel, serviceUrl } from './fields';

const bucket = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, 'the name of a bucket, 3 to 63 characters');
const region = z.string().min(1, 'a text that is not empty');

/**
 * Where Terraform keeps what it knows; whoever runs it gives keys and passwords as the backend's own environment variables,
 * such as AWS_ACCESS_KEY_ID, GOOGLE_CREDENTIALS, ARM_ACCESS_KEY, ALICLOUD_ACCESS_KEY, TF_HTTP_PASSWORD and PG_CONN_STR.
 * Each but the file has a lock.
 */
export const state = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('local') }),
  /** A Secret of the cluster that the resources are in, by the same context. */
  z.strictObject({ type: z.literal('kubernetes'), namespace: dnsLabel }),
  z.strictObject({
    type: z.literal('s3'),
    bucket,
    /** Of another store than AWS, what it says its region is. */
    region,
    /** Of a store that speaks S3 and is not of AWS; it is asked by path, and nobody else of AWS is. @default - AWS */
    endpoint: serviceUrl.optional(),
    /** Whether the store is told to encrypt. @default true */
    encrypt: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('gcs'), bucket }),
  z.strictObject({
    type: z.literal('azurerm'),
    resourceGroup: z.string().regex(/^[\w.()-]{1,90}$/, 'the name of a resource group'),
    storageAccount: z.string().regex(/^[a-z0-9]{3,24}$/, 'the name of a storage account'),
    container: z.string().regex(/^[a-z0-9]([-a-z0-9]{1,61})[a-z0-9]$/, 'the name of a container'),
  }),
  z.strictObject({
    type: z.literal('oss'),
    bucket,
    region,
    /** The table that holds the locks. */
    lock: z.strictObject({
      endpoint: serviceUrl,
      table: z.string().regex(/^[A-Za-z_]\w{0,254}$/, 'the name of a table of Tablestore'),
    }),
  }),
  z.strictObject({
    type: z.literal('http'),
    /** Below it each unit has a state of its own, and its lock under lock. */
    address: serviceUrl.refine((url) => !url.endsWith('/'), 'a URL without "/" at its end'),
    /** How states are locked and unlocked; GitLab's are POST and DELETE. @default - LOCK and UNLOCK */
    lockMethods: z
      .strictObject({ lock: z.enum(['LOCK', 'POST', 'PUT']), unlock: z.enum(['UNLOCK', 'DELETE']) })
      .optional(),
  }),
  /** Each unit in a schema of its own of a database. */
  z.strictObject({ type: z.literal('pg') }),
]);
export type State = z.output<typeof state>;

/** A constraint on the version of Terraform, beside what the platform needs. */
export const terraformVersion = z
  .string()
  .regex(
    /^(>=|<=|~>|=|<|>|!=) ?\d+(\.\d+){0,2}(, ?(>=|<=|~>|=|<|>|!=) ?\d+(\.\d+){0,2})*$/,
    'constraints, e.g. ~> 1.11.4',
  );
