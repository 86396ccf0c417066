import { unreleasedDigest } from '../config/versions';
import { Workload } from '../constructs/workload/workload';
import type { System } from './system';

/** Why a system cannot be deployed yet: images that were never released, and those that depend on a tag, which may be another image tomorrow. */
export const reasonsNotToDeploy = (system: System): string[] => [...unreleased(system), ...undetermined(system)];

const unreleased = ({ config: { name, images } }: System): string[] =>
  [images.application, images.operations].some((image) => image?.digest === unreleasedDigest)
    ? [`${name}: no release yet; put its digests into config/environments/${name}.ts before you deploy it`]
    : [];

/** In development an image is what its tag says. */
function undetermined({ config, environment }: System): string[] {
  if (config.tier === 'development') return [];
  const images = environment
    .all(Workload)
    .flatMap(({ props, companion }) => [props.image, ...(companion ? [companion.image] : [])]);
  const names = [...new Set(images.map(({ reference }) => reference))].filter((name) => !name.includes('@')).sort();
  if (names.length === 0) return [];
  return [
    `${config.name}: no digest is known of ${names.join(', ')}; \`npm run digests\` asks the registries for them and writes ` +
      'config/image-digests.json, which is committed; or say images.upstream.NAME.digest',
  ];
}
