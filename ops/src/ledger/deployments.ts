import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { requireStored, writeStored } from '../backup/stored-json';
import { Journal, journalSchema } from '../walk/journal';
import type { Shelf } from './shelf';
import { ShelfPage } from './shelf-page';

const deployments = 'deployment-';
const releases = 'release-';
/** How many are remembered; what one can go back to is not forgotten with them. */
const keptDeployments = 50;
const keptReleases = 5;

const rotation = z.strictObject({
  /** As `stockops rotate` names it. */
  secret: z.string(),
  from: z.int(),
  to: z.int(),
  /** The highest revision that was written into the environment's file so far. */
  raised: z.int(),
  /** What each stack was last applied as, by its name: SHA-256 of its resources. */
  applied: z.record(z.string(), z.string()),
  /** What was said in the end to the new text, the former and the one before. */
  proofs: z.array(z.strictObject({ text: z.string(), said: z.enum(['taken', 'refused', 'not asked']) })).default([]),
});

const deployment = {
  /** Later ones are greater. */
  id: z.string(),
  environment: z.string(),
  kind: z.enum(['deploy', 'rollback', 'rotate']),
  owner: z.string(),
  host: z.string(),
  message: z.string().optional(),
  /** Of the checkout; undefined where that is none of git. */
  commit: z.string().optional(),
  /** Of what is applied, without the image. */
  planHash: z.string(),
  /** The application's. */
  image: z.string(),
  /** The release that one goes back to. */
  from: z.string().optional(),
  /** The release that runs because of it. */
  runs: z.string().optional(),
  /** What the application said of itself. */
  version: z.string().optional(),
  /** Those that the database had afterwards. */
  migrations: z.array(z.string()).optional(),
  state: z.enum(['under way', 'going back', 'inconclusive', 'good', 'rolled back', 'failed']),
  /** Why it is not good. */
  reason: z.string().optional(),
  /** Of a rotation: which secret, and how far it is. */
  rotation: rotation.optional(),
};
const schema = journalSchema(deployment);

/** How often a secret is made anew, and how far that is. */
export type Rotation = z.output<typeof rotation>;

/** One deployment, one way back, or one rotation of a secret. */
export type Deployment = z.output<z.ZodObject<typeof deployment>>;
export type DeploymentJournal = Journal<Deployment>;

const release = z.strictObject({
  /** That of its deployment. */
  id: z.string(),
  at: z.iso.datetime(),
  commit: z.string().optional(),
  planHash: z.string(),
  image: z.string(),
  /** What the application said of itself. */
  version: z.string(),
  /** Those that the database had. */
  migrations: z.array(z.string()),
  /** The application's stack as it was applied: JSON, packed by gzip, as base64. */
  stack: z.string(),
});

/** A deployment that was found good: what one can go back to. */
export type Release = z.output<typeof release>;

/** In UTC, to the millisecond: the later one is the greater. */
export function newDeploymentId(now = new Date()): string {
  const moment = now
    .toISOString()
    .replace(/[-:.Z]/g, '')
    .replace('T', '-');
  return `${moment}-${randomBytes(2).toString('hex')}`;
}

/** What goes on with one that did not come to its end. */
export const commandOf = ({ kind, environment, rotation }: Deployment): string =>
  `stockops ${rotation ? `rotate ${rotation.secret}` : kind} ${environment}`;

const deploymentPage = (shelf: Shelf, id: string): ShelfPage => new ShelfPage(shelf, deployments + id);

export const beginDeployment = (shelf: Shelf, deployment: Deployment): Promise<DeploymentJournal> =>
  Journal.begin(deploymentPage(shelf, deployment.id), deployment);

/** Ends one that did not bring about what it was for. */
export async function endAsFailed(journal: DeploymentJournal, reason: string): Promise<void> {
  await journal.note({ state: 'failed', reason });
  await journal.finish();
}

export const openDeployment = (shelf: Shelf, id: string): Promise<DeploymentJournal | undefined> =>
  Journal.open<Deployment>(deploymentPage(shelf, id), schema);

/** All that are remembered, the newest last. */
export const listDeployments = (shelf: Shelf) => listed(shelf, deployments, schema);

/** All that one can go back to, the newest last. */
export const listReleases = (shelf: Shelf): Promise<Release[]> => listed(shelf, releases, release);

async function listed<T extends { id: string }>(shelf: Shelf, prefix: string, form: z.ZodType<T>): Promise<T[]> {
  const texts = [...(await shelf.list(prefix))];
  const found = texts.map(([name, text]) => requireStored(form, text, `${name} in ${shelf.place}`) as T);
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Remembers a release, and forgets those that are older than the ones that are kept. */
export async function keepRelease(shelf: Shelf, kept: Release): Promise<void> {
  await new ShelfPage(shelf, releases + kept.id).write(writeStored(kept));
  await forgetOldest(shelf, releases, await listReleases(shelf), keptReleases);
  await forgetOldest(shelf, deployments, await listDeployments(shelf), keptDeployments);
}

async function forgetOldest(shelf: Shelf, prefix: string, all: readonly { id: string }[], kept: number): Promise<void> {
  for (const { id } of all.slice(0, -kept)) await shelf.remove(prefix + id);
}

/** The release that runs, as far as is known. */
export const runningRelease = (all: readonly Deployment[]): string | undefined =>
  all.findLast(({ runs }) => runs !== undefined)?.runs;

/** The migrations that the database had when it was asked last. */
export const knownMigrations = (all: readonly Deployment[]): readonly string[] =>
  all.findLast(({ migrations }) => migrations !== undefined)?.migrations ?? [];
