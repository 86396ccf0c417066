import type { EnvironmentConfig } from '../../config/environment';
import { images } from '../../config/versions';

/** A container image as a target refers to it. */
export interface ContainerImage {
  /** What is pulled or run: name with tag or digest. */
  readonly reference: string;
  /** A short version for labels. */
  readonly version: string;
  /** How to make the image; pulled when left out. */
  readonly build?: ImageBuild;
}

/** A Docker build, its paths relative to the repository's root. */
export interface ImageBuild {
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** Files and folders the build reads; a change in one of them makes a new image. */
  readonly sources: readonly string[];
}

/** The pinned upstream image of a component, from the environment's registry where it names one. */
export function upstreamImage(config: EnvironmentConfig, name: keyof typeof images): ContainerImage {
  const reference = images[name];
  return {
    reference: fromRegistry(config, reference),
    version: reference.slice(reference.lastIndexOf(':') + 1),
  };
}

/** The application's image as the environment names it: by digest where it has one, built from app/ where it says so. */
export function applicationImage(config: EnvironmentConfig): ContainerImage {
  const { repository, tag, digest, build } = config.image;
  const name = fromRegistry(config, repository);
  return {
    reference: digest ? `${name}@${digest}` : `${name}:${tag}`,
    version: tag,
    build: build ? applicationBuild(config) : undefined,
  };
}

/** A name that says its registry (its first part has a dot or a port, or is localhost) is not looked for elsewhere. */
const fromRegistry = ({ imageRegistry }: EnvironmentConfig, name: string): string =>
  imageRegistry && !/^([^/]*[.:][^/]*|localhost)\//.test(name) ? `${imageRegistry}/${name}` : name;

const applicationBuild = (config: EnvironmentConfig): ImageBuild => ({
  dockerfile: 'app/Dockerfile',
  args: { NODE_IMAGE: upstreamImage(config, 'node').reference },
  sources: [
    '.dockerignore',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'app/Dockerfile',
    'app/package.json',
    'app/tsconfig.build.json',
    'app/src',
    'app/migrations',
    'app/web',
  ],
});
