import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '../failures';
import { isCopyId } from './copy-id';

/** Name of the file that makes a folder a copy; it is written last. */
export const manifestFile = 'manifest.json';

/** Below the folder of a copy; nothing that leads out of it. */
const filePath = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/);
const moment = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

const table = z.strictObject({
  /** schema.table */
  name: z.string(),
  rows: count,
  /** Of the values of all rows, in whatever order they are: see `tableFacts`. */
  hash: z.string().regex(/^-?\d+$/),
});

const body = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string().refine(isCopyId),
  /** Of which environment. */
  environment: z.string(),
  method: z.enum(['pg_dump', 'copy']),
  startedAt: moment,
  /** Of which moment the copy is, by the server's clock. */
  snapshotAt: moment,
  finishedAt: moment,
  server: z.strictObject({
    version: z.string(),
    major: z.int(),
    /** pg_control's, by which two servers are told apart. */
    systemIdentifier: z.string(),
    database: z.string(),
    /** Where the write-ahead log was. */
    lsn: z.string(),
  }),
  application: z.strictObject({
    version: z.string(),
    /** What the schema of the copy has, oldest first. */
    migrations: z.array(z.string()),
  }),
  tool: z.string(),
  tables: z.array(table),
  /** Keys without which the copy is worth less, and which are not in it. */
  keys: z.array(z.strictObject({ name: z.string(), fingerprint: z.string() })),
  /** Public keys of age for which the files are encrypted. Empty: they are not. */
  recipients: z.array(z.string()),
  /** As they are stored. */
  files: z.array(z.strictObject({ path: filePath, bytes: count, sha256 })),
});

/** What a copy says of itself. */
export type Manifest = z.output<typeof body>;
export type TableFacts = z.output<typeof table>;
export type StoredFile = Manifest['files'][number];

const whole = body.extend({ sha256 });

const digest = (content: Manifest): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');

/**
 * The text of a manifest, its own sum at the end.
 *
 * @throws Refusal when it could not be read again
 */
export function writeManifest(manifest: Manifest): string {
  const text = `${JSON.stringify({ ...manifest, sha256: digest(manifest) }, undefined, 1)}\n`;
  readManifest(manifest.id, text);
  return text;
}

/**
 * Reads the text of a manifest.
 *
 * @throws Refusal when it is none, or was changed
 */
export function readManifest(id: string, text: string): Manifest {
  const refuse = (reason: string) =>
    new Refusal(`copy ${id}: its manifest ${reason}; use another copy, and see why this one changed`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw refuse('is not JSON');
  }
  const result = whole.safeParse(parsed);
  if (!result.success) {
    const { path, message } = result.error.issues[0] as z.core.$ZodIssue;
    throw refuse(`has "${path.join('.')}" wrong (${message})`);
  }
  const { sha256: said, ...manifest } = result.data;
  if (digest(manifest) !== said) throw refuse('does not fit its own sum');
  if (manifest.id !== id) throw refuse(`is that of copy ${manifest.id}`);
  return manifest;
}

export const rowsOf = ({ tables }: Manifest): number => tables.reduce((sum, { rows }) => sum + rows, 0);

export const sizeOf = ({ files }: Manifest): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
