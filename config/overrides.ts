import { ConfigurationError } from './configuration-error';
import { defineEnvironment, type EnvironmentConfig } from './environment';

/** What a single run may decide; everything else is in config/environments and reviewed there. */
export interface Overrides {
  /** A registry, e.g. `registry.example.com/mirror`, of every image whose name does not say its own. */
  readonly imageRegistry?: string;
  /** An application image to run instead: `name:tag`, `name@sha256:...` or both. */
  readonly applicationImage?: string;
  /** An image of stockops to run instead, where the environment has one. */
  readonly operationsImage?: string;
  /** Name of the environment that may be destroyed; lifts its deletion protection. Never production. */
  readonly allowDestroy?: string;
}

/**
 * The environment as this run wants it, checked again.
 * @throws ConfigurationError for an override that cannot be read or that the environment's rules refuse.
 */
export function withOverrides(config: EnvironmentConfig, overrides: Overrides): EnvironmentConfig {
  const { images } = config;
  return defineEnvironment({
    ...config,
    images: {
      ...images,
      registry: overrides.imageRegistry || images.registry,
      application: overrides.applicationImage
        ? parseImage('application', overrides.applicationImage)
        : images.application,
      operations:
        images.operations && overrides.operationsImage
          ? parseImage('operations', overrides.operationsImage)
          : images.operations,
    },
    deletionProtection: overrides.allowDestroy === config.name ? false : config.deletionProtection,
  });
}

function parseImage(name: 'application' | 'operations', reference: string) {
  const parts = /^(?<repository>[^@\s]+?)(?::(?<tag>[^:/@\s]+))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/.exec(
    reference,
  )?.groups;
  if (!parts?.repository || !(parts.tag || parts.digest)) {
    throw new ConfigurationError(
      `${name} image "${reference}", allowed: name:tag, name@sha256:<64 hexadecimal digits>, or name:tag@sha256:...`,
    );
  }
  return { repository: parts.repository, tag: parts.tag ?? 'digest', digest: parts.digest, build: false };
}
