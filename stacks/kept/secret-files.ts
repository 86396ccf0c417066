import { secretsDirectory } from '../../constructs/workload/secret-files';
import { type Plan, resourcesOf } from './plan';

/** A secret of an environment on Docker, as the files that containers get of it. */
export interface SecretFiles {
  readonly label: string;
  /** Below the repository's root. */
  readonly folder: string;
  readonly keys: readonly string[];
}

interface Container {
  readonly upload?: readonly { readonly source?: string }[];
}

/** Every secret that a container of a plan gets a file of, by label. */
export function secretFilesIn(plan: Plan): SecretFiles[] {
  const paths = resourcesOf<Container>(plan, 'docker_container')
    .flatMap(([, { upload = [] }]) => upload.map(({ source = '' }) => source))
    .filter((source) => source.includes(`${secretsDirectory}/`))
    .map((source) => source.slice(source.indexOf(secretsDirectory)));
  const folders = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))].sort();
  return folders.map((folder) => ({
    label: folder.slice(folder.lastIndexOf('/') + 1),
    folder,
    keys: [
      ...new Set(paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1))),
    ].sort(),
  }));
}
