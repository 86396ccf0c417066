import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Progress } from '../cli/progress';
import { Refusal } from '../failures';
import { listDeployments, listReleases, type Release, runningRelease } from '../ledger/deployments';
import { requireCheckout, requireEnvironment } from '../place/synthesized';
import { runWell } from '../place/tool';
import { isWell, stateOf } from '../running/component';
import { componentsOf } from '../running/components';
import { type OpenedEnvironment, openEnvironment } from './open-environment';

export interface PromoteOptions {
  from: string;
  to: string;
  /** @default that of this program */
  root?: string | undefined;
  progress: Progress;
}

/** What was promoted, and what is to be committed. */
export interface Promoted {
  release: Release;
  images: readonly string[];
  files: readonly string[];
}

/** An image by what it is, not by what it is called. */
interface Named {
  tag: string;
  digest: string;
}

/**
 * Writes the images of the release that runs in one environment, by their digests, into the file of another one, and its plans anew:
 * what is deployed there next is what was watched here, and is reviewed before.
 *
 * @throws Refusal where what runs was not found good, or is not named by its digest
 */
export async function promote({ from, to, root = requireCheckout(), progress }: PromoteOptions): Promise<Promoted> {
  requireEnvironment(to, root);
  const file = path.join(root, 'config', 'environments', `${to}.ts`);
  const { place } = await openEnvironment(from, progress, root);
  const [deployments, releases] = await Promise.all([listDeployments(place.shelf), listReleases(place.shelf)]);
  const running = runningRelease(deployments);
  const release = releases.find(({ id }) => id === running);
  if (!release) {
    throw new Refusal(
      `what runs in ${from} (${running ?? 'nothing that stockops deployed'}) was not found good; see stockops history ${from}`,
    );
  }
  const text = readFileSync(file, 'utf8');
  const operations = text.includes('operations:') ? await operationsImage(place) : undefined;
  const images = { application: release.image, ...(operations && { operations }) };
  const named = (image: string) => parse(image, release.version);
  const changed = Object.entries(images).reduce((now, [key, image]) => withImage(now, key, named(image)), text);
  writeFileSync(file, withoutUnusedImport(changed));
  try {
    await progress.step('writing the plans anew', () =>
      runWell('node', ['--import', 'tsx', 'stacks/write-plans.ts'], { cwd: root }),
    );
  } catch (error) {
    writeFileSync(file, text);
    throw error;
  }
  return { release, images: Object.values(images), files: [path.relative(root, file), `plans/${to}`] };
}

/**
 * What makes copies in an environment, and restores them: it is of no release, so what runs is asked.
 *
 * @returns undefined where nothing does
 */
async function operationsImage(place: OpenedEnvironment['place']): Promise<string | undefined> {
  const backup = (await componentsOf(place)).find(({ name }) => name === 'backup');
  if (!backup) return undefined;
  if (isWell(backup)) return place.runningImage('backup');
  const { environment } = place;
  throw new Refusal(
    `backup of ${environment} is ${stateOf(backup)}, so its image is none to promote; see stockops status ${environment}`,
  );
}

/** @param version what people call it where it has a digest alone: what makes copies is released with the application */
function parse(image: string, version: string): Named {
  const { tag, digest } = /^[^@]+?(?::(?<tag>[\w.-]+))?@(?<digest>sha256:[0-9a-f]{64})$/.exec(image)?.groups ?? {};
  if (digest) return { tag: tag ?? version, digest };
  throw new Refusal(
    `the image ${image} is not named by its digest, so it may be another one tomorrow; deploy it as name:tag@sha256:…`,
  );
}

/**
 * The text of an environment's file with another tag and digest of one of its images.
 *
 * @throws Refusal where it is not written as the others are
 */
export function withImage(text: string, key: string, { tag, digest }: Named): string {
  const block = new RegExp(`\\b${key}: \\{[^{}]*\\}`).exec(text)?.[0];
  if (!block?.includes('tag:'))
    throw new Refusal(`images.${key} is not written as { repository, tag, digest }; put ${digest} into it`);
  const tagged = block.replace(/tag: '[^']*'/, `tag: '${tag}'`);
  const whole = tagged.includes('digest:')
    ? tagged.replace(/digest: ('[^']*'|\w+)/, `digest: '${digest}'`)
    : tagged.replace(/tag: '[^']*'/, `$&, digest: '${digest}'`);
  return text.replace(block, () => whole);
}

/** Of the digest that stands for a release that there is none of yet. */
export const withoutUnusedImport = (text: string): string =>
  text.split('unreleasedDigest').length > 2 ? text : text.replace(/^import \{ unreleasedDigest \} from .*\n/m, '');
