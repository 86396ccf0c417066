import digestsOfImages from '../../config/image-digests.json';
import type { ImageSettings, OwnImage } from '../../config/images';
import { type PostgresMajor, images as pinned, postgresImages } from '../../config/versions';

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

/**
 * The pinned upstream image of a component, or what the environment has instead of it: by its digest where one is known, unless
 * images are loaded by hand.
 */
export function upstreamImage(settings: ImageSettings, name: keyof typeof pinned): ContainerImage {
  const image = chosenImage(settings, name);
  const known = settings.pullPolicy === 'Always' ? digests[nameOf(image)]?.digest : undefined;
  return imageOf(settings, { ...image, digest: image.digest ?? known });
}

/** Every upstream image, with its tag, that one of several settings means, sorted. */
export const namesOfUpstream = (all: readonly ImageSettings[]): string[] => {
  const names = Object.keys(pinned) as Array<keyof typeof pinned>;
  return [...new Set(all.flatMap((settings) => names.map((name) => nameOf(chosenImage(settings, name)))))].sort();
};

function chosenImage({ upstream }: ImageSettings, name: keyof typeof pinned): ImageName {
  const { repository, tag } = partsOf(pinned[name]);
  const instead = upstream[name];
  return { repository: instead?.repository ?? repository, tag: instead?.tag ?? tag, digest: instead?.digest };
}

const nameOf = ({ repository, tag }: ImageName): string => `${repository}:${tag}`;

/** The image of the PostgreSQL of a major version. */
export const postgresImage = (settings: ImageSettings, major: PostgresMajor): ContainerImage =>
  upstreamImage(settings, postgresImages[major]);

/** The application's image as the environment names it: by digest where it has one, built from app/ where it says so. */
export const applicationImage = (settings: ImageSettings): ContainerImage =>
  ownImage(settings, settings.application, applicationBuild);

/**
 * The image of `stockops` as the environment names it, like the application's.
 * @param major of the PostgreSQL whose programs it has
 * @throws Error where it names none
 */
export function operationsImage(settings: ImageSettings, major: PostgresMajor): ContainerImage {
  if (!settings.operations) throw new Error('images.operations: got nothing, allowed: the image of ops/Dockerfile');
  return ownImage(settings, settings.operations, (each) => operationsBuild(each, major));
}

const ownImage = (
  settings: ImageSettings,
  own: OwnImage,
  buildOf: (settings: ImageSettings) => ImageBuild,
): ContainerImage => ({ ...imageOf(settings, own), build: own.build ? buildOf(settings) : undefined });

/** What registries said when `npm run digests` asked them. */
const digests: Readonly<Record<string, { readonly digest: string }>> = digestsOfImages;

interface ImageName {
  readonly repository: string;
  readonly tag: string;
  readonly digest?: string;
}

/** A digest says more than a tag; the tag is then only the label. */
function imageOf({ registry }: ImageSettings, { repository, tag, digest }: ImageName): ContainerImage {
  const name = registry && !namesRegistry.test(repository) ? `${registry}/${repository}` : repository;
  return { reference: digest ? `${name}@${digest}` : `${name}:${tag}`, version: tag };
}

/** Its first part has a dot or a port, or is localhost: such a name is not looked for in another registry. */
const namesRegistry = /^([^/]*[.:][^/]*|localhost)\//;

function partsOf(reference: string): ImageName {
  const colon = reference.lastIndexOf(':');
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

const applicationBuild = (settings: ImageSettings): ImageBuild => ({
  dockerfile: 'app/Dockerfile',
  args: { NODE_IMAGE: upstreamImage(settings, 'node').reference },
  sources: [
    '.dockerignore',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'app/Dockerfile',
    'app/package.json',
    'ops/package.json',
    'app/tsconfig.build.json',
    'app/src',
    'app/migrations',
    'app/web',
  ],
});

const operationsBuild = (settings: ImageSettings, major: PostgresMajor): ImageBuild => ({
  dockerfile: 'ops/Dockerfile',
  args: {
    NODE_IMAGE: upstreamImage(settings, 'node').reference,
    POSTGRES_IMAGE: postgresImage(settings, major).reference,
  },
  sources: [
    '.dockerignore',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'ops/Dockerfile',
    'ops/package.json',
    'ops/tsconfig.build.json',
    'ops/src',
    'app/package.json',
    'app/src',
    'app/migrations',
    'app/database',
  ],
});
