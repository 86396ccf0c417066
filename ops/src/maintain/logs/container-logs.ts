import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Container, type DockerPlace, inspected, type LogConfig } from '../../place/docker-place';
import { resourcesOf } from '../../place/synthesized';
import { runWell } from '../../place/tool';
import { bytesOf } from './byte-texts';

/** What a container has said and the engine keeps. */
export interface ContainerLog {
  container: string;
  /** Whether it is one of the environment. */
  isOurs: boolean;
  driver: string;
  /** At most; null where nothing ends it, undefined where the engine keeps nothing. */
  mostBytes: number | null | undefined;
  /** Undefined where this user cannot see it: the files are root's. */
  bytes: number | undefined;
}

/** What the engine does where nothing else is said. @see https://docs.docker.com/engine/logging/configure/ */
const usual = new Map([
  ['json-file', { size: '-1', files: '1' }],
  ['local', { size: '20m', files: '5' }],
]);

/** The logs of all containers that were ever started on the engine: those of others fill the same disk. */
export async function containerLogs(place: DockerPlace, signal: AbortSignal): Promise<ContainerLog[]> {
  const described = new Set(resourcesOf(place.stacks, 'docker_container').map(({ resource }) => resource.name));
  const words = ['container', 'ls', '--all', '--no-trunc', '--format', '{{.ID}}'];
  const ids = (await runWell('docker', words, { signal })).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  // What was never started says nothing: containers that carry files are of that kind.
  const found = [...(await inspected(ids, signal))].filter(([, { State }]) => State.Status !== 'created');
  const logs = await Promise.all(
    found.map(async ([container, { HostConfig, LogPath }]) => ({
      container,
      isOurs: described.has(container),
      driver: HostConfig.LogConfig.Type,
      mostBytes: mostBytes(HostConfig.LogConfig),
      bytes: await bytesAt(LogPath),
    })),
  );
  return logs.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || (a.container < b.container ? -1 : 1));
}

export function mostBytes({ Type: driver, Config: options }: LogConfig): ContainerLog['mostBytes'] {
  const defaults = usual.get(driver);
  if (!defaults) return undefined;
  const size = bytesOf(options?.['max-size'] ?? defaults.size);
  return size === undefined || size <= 0 ? null : size * Number(options?.['max-file'] ?? defaults.files);
}

/** With the files that it was rotated into, which begin as it does. */
async function bytesAt(log: Container['LogPath']): Promise<number | undefined> {
  if (!log) return undefined;
  try {
    const { dir, base } = path.parse(log);
    const files = (await readdir(dir)).filter((name) => name.startsWith(base));
    const sizes = await Promise.all(files.map(async (name) => (await stat(path.join(dir, name))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return undefined;
  }
}
