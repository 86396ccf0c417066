import { unreleasedDigest } from '../config/versions';
import { Workload } from '../constructs/workload/workload';
import type { System } from './system';

/** Why a system cannot be deployed yet. */
export interface Obstacle {
  /** A sentence. */
  readonly text: string;
  /** What it is about, where that is too much for a sentence. */
  readonly images: readonly string[];
}

/** Images that were never released, and those that depend on a tag, which may be another image tomorrow. */
export const obstaclesOf = (system: System): Obstacle[] => [...unreleased(system), ...undetermined(system)];

/** An obstacle with all that it is about, a line each. */
export const wholeText = ({ text, images }: Obstacle): string =>
  [text, ...images.map((image) => `  ${image}`)].join('\n');

const unreleased = ({ config: { name, images } }: System): Obstacle[] =>
  [images.application, images.operations].some((image) => image?.digest === unreleasedDigest)
    ? [{ text: `${name}: no release yet; put its digests into config/environments/${name}.ts`, images: [] }]
    : [];

/** In development an image is what its tag says. */
function undetermined({ config: { name, tier }, environment }: System): Obstacle[] {
  if (tier === 'development') return [];
  const all = environment
    .all(Workload)
    .flatMap(({ props, companion }) => [props.image, ...(companion ? [companion.image] : [])]);
  const images = [...new Set(all.map(({ reference }) => reference))].filter((each) => !each.includes('@')).sort();
  if (images.length === 0) return [];
  const count = `${images.length} ${images.length === 1 ? 'image has' : 'images have'}`;
  const advice =
    'npm run digests writes config/image-digests.json, which is committed; or say images.upstream.NAME.digest';
  return [{ text: `${name}: ${count} no digest; ${advice}`, images }];
}
