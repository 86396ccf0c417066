import { type Plan, resourcesOf } from './plan';

/** What reads and writes a volume. */
export interface VolumeUser {
  /** The image's name without registry and path, and the first part of its version: `postgres 17`. */
  readonly server: string;
  /** Where it sees the volume. */
  readonly mountPath: string;
  /** Every path on the volume that its environment, its command or its files name. */
  readonly paths: readonly string[];
}

interface ClusterContainer {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly value?: string }[];
  readonly volume_mount?: readonly { readonly name: string; readonly mount_path: string }[];
}

interface Controller {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly container: readonly ClusterContainer[];
        readonly volume?: readonly {
          readonly name: string;
          readonly persistent_volume_claim?: { readonly claim_name: string };
        }[];
      };
    };
  };
}

interface ConfigMap {
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

/** Who mounts a claim, by the claim's name. */
export function userOfClaim(plan: Plan, claimName: string): VolumeUser | undefined {
  for (const [, { metadata, spec }] of resourcesOf<Controller>(plan, 'kubernetes_stateful_set_v1')) {
    const pod = spec.template.spec;
    const volume = pod.volume?.find((each) => each.persistent_volume_claim?.claim_name === claimName);
    for (const container of pod.container) {
      const mount = container.volume_mount?.find(({ name }) => name === volume?.name);
      if (!mount) continue;
      const files = resourcesOf<ConfigMap>(plan, 'kubernetes_config_map_v1').filter(
        ([, config]) => config.metadata.name === metadata.name,
      );
      return userOf({
        image: container.image,
        version: spec.template.metadata.labels['app.kubernetes.io/version'],
        mountPath: mount.mount_path,
        texts: [
          ...(container.env ?? []).map(({ value = '' }) => value),
          ...(container.command ?? []),
          ...files.flatMap(([, { data }]) => Object.values(data)),
        ],
      });
    }
  }
  return undefined;
}

interface EngineContainer {
  readonly image: string;
  readonly start?: boolean;
  readonly env?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly labels?: readonly { readonly label: string; readonly value: string }[];
  readonly mounts?: readonly { readonly source: string; readonly target: string }[];
  readonly upload?: readonly { readonly content?: string }[];
}

/** Who mounts a volume of a Docker engine, by its resource's name. */
export function userOfVolume(plan: Plan, volume: string): VolumeUser | undefined {
  const containers = resourcesOf<EngineContainer>(plan, 'docker_container');
  const source = `\${docker_volume.${volume}.name}`;
  for (const [, container] of containers) {
    const mount = container.mounts?.find((each) => each.source === source);
    if (!mount || container.start === false) continue;
    const sources = container.mounts?.map((each) => each.source) ?? [];
    const carriers = containers.filter(
      ([, { start, mounts }]) => start === false && mounts?.some((each) => sources.includes(each.source)),
    );
    return userOf({
      image: imageName(plan, container.image),
      version: container.labels?.find(({ label }) => label === 'app.kubernetes.io/version')?.value,
      mountPath: mount.target,
      texts: [
        ...(container.env ?? []),
        ...(container.entrypoint ?? []),
        ...(container.command ?? []),
        ...carriers.flatMap(([, { upload = [] }]) => upload.map(({ content = '' }) => content)),
      ],
    });
  }
  return undefined;
}

/** A container names its image by the resource that makes it. */
function imageName(plan: Plan, expression: string): string {
  const images = resourcesOf<{ readonly name: string }>(plan, 'docker_image');
  return images.find(([name]) => expression.includes(`docker_image.${name}.`))?.[1].name ?? expression;
}

interface Used {
  readonly image: string;
  readonly version: string | undefined;
  readonly mountPath: string;
  readonly texts: readonly string[];
}

function userOf({ image, version = '', mountPath, texts }: Used): VolumeUser {
  const path = new RegExp(`(?<![\\w./-])${mountPath}(?:/[\\w.-]+)*(?![\\w-])`, 'g');
  const paths = texts.flatMap((text) => [...text.matchAll(path)].map(([found]) => found));
  return {
    server: `${repositoryName(image)} ${version.split('.')[0]}`,
    mountPath,
    paths: [...new Set(paths)].sort(),
  };
}

/** `registry/path/name:tag@digest` without all but the name. */
export const repositoryName = (image: string): string =>
  image.replace(/@.*$/, '').replace(/^.*\//, '').replace(/:.*$/, '');
