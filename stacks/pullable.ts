import type { EnvironmentConfig } from '../config/environment';
import { unreleasedDigest } from '../config/versions';
import { Workload } from '../constructs/workload/workload';
import { withSystem } from './system';

/** Why an environment cannot be deployed yet: images that were never released, and what depends on a tag that may be another image tomorrow. */
export const reasonsNotToDeploy = (config: EnvironmentConfig): string[] => [
  ...unreleased(config),
  ...undetermined(config),
];

const unreleased = ({ name, images }: EnvironmentConfig): string[] =>
  [images.application, images.operations].some((image) => image?.digest === unreleasedDigest)
    ? [`${name}: no release yet; put its digests into config/environments/${name}.ts before you deploy it`]
    : [];

/** In development an image is what its tag says. */
function undetermined(config: EnvironmentConfig): string[] {
  if (config.tier === 'development') return [];
  const images = withSystem(config, ({ environment }) =>
    environment.all(Workload).flatMap(({ props, companion }) => [props.image, ...(companion ? [companion.image] : [])]),
  );
  const names = [...new Set(images.map(({ reference }) => reference))].filter((name) => !name.includes('@')).sort();
  if (names.length === 0) return [];
  return [
    `${config.name}: no digest is known of ${names.join(', ')}; \`npm run digests\` asks the registries for them and writes ` +
      'config/image-digests.json, which is committed; or say images.upstream.NAME.digest',
  ];
}
