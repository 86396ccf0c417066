import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { takesAwayFrom } from '../../../app/src/database/migration-files';
import { CannotTell, Refusal } from '../failures';
import type { Deployment, Release } from '../ledger/deployments';
import type { Place } from '../place/place';
import { readStack, type SynthesizedStack, stackOf } from '../place/synthesized';

const told = z.object({ version: z.string(), applied: z.array(z.string()) });

/** What the application says of itself and of its database. */
export type Told = z.output<typeof told>;

/** Asks the application that runs. @throws CannotTell where none answers */
export async function askApplication(place: Place): Promise<Told> {
  const words = ['node', '/app/dist/stock.js', 'db', 'migrations', '--json'];
  const { status, output, said } = await place.run('api', words);
  if (status === 0) return told.parse(JSON.parse(output));
  throw new CannotTell(`the application cannot be asked for its version and migrations: ${said.trim()}`);
}

/** The stack of the application, so that it is small and can be applied again. */
export async function packStack(place: Place, id: string): Promise<string> {
  const whole = await place.keepable(stackOf(place.stacks, 'application'), id);
  return gzipSync(JSON.stringify(whole)).toString('base64');
}

/** Puts the stack of a release where the one of this checkout was synthesized: what it names beside itself is found from there. */
export function unpackStack({ stack }: Release, place: Place): SynthesizedStack {
  const { name, folder } = stackOf(place.stacks, 'application');
  const text = gunzipSync(Buffer.from(stack, 'base64')).toString();
  writeFileSync(path.join(folder, 'cdk.tf.json'), text);
  return readStack(name, folder);
}

/** What happened since a release was good: migrations that the database has, and what was done to the environment. */
export interface Since {
  applied: readonly string[];
  deployments: readonly (Deployment & { readonly startedAt: string })[];
}

/** Why one cannot go back to a release; undefined where one can. */
export function whyNotTo({ id, version, at }: Release, { applied, deployments }: Since): string | undefined {
  const taken = applied.filter((name) => takesAwayFrom(name, version));
  if (taken.length > 0) {
    return `${id} is version ${version}, and the migration ${taken.join(', ')} took away what that needs; to go back so far, restore a copy from before it (docs/backup.md)`;
  }
  const rotated = deployments.find(({ rotation, startedAt }) => rotation?.secret === secretKey && startedAt > at);
  if (!rotated) return undefined;
  return `${id} knows only the secret keys of before ${rotated.startedAt}, when ${rotated.owner} had another one made: API keys that were used since would be refused; deploy its version with the revision of today`;
}

/** It is made by the stack that goes back; passwords stay with the servers. */
const secretKey = 'api.secretKey';

/** Which migrations of a checkout a version that runs could not live with. */
export const refusedMigrations = (missing: readonly string[], { version }: Told): string[] =>
  missing.filter((name) => takesAwayFrom(name, version));

/**
 * The release that one goes back to: the newest that was good, before the one that runs.
 *
 * @param releases the newest last
 * @param running that of the release which runs
 * @param wanted one of them; the newest before the one that runs where nothing is said
 * @throws Refusal where there is none
 */
export function releaseBefore(
  releases: readonly Release[],
  running: string | undefined,
  wanted: string | undefined,
): Release {
  const others = releases.filter(({ id }) => id !== running);
  const found = wanted
    ? releases.find(({ id }) => id === wanted)
    : others.filter(({ id }) => running === undefined || id < running).at(-1);
  if (found) return found;
  const there = others.map(({ id }) => id).join(', ') || 'none';
  throw new Refusal(`there is no release ${wanted ?? 'before the one that runs'} to go back to; there are: ${there}`);
}
