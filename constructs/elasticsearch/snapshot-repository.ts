/**
 * Where the volume of snapshots is in the container: a folder that everybody may write to and the server does not use. An engine
 * makes a new volume as that folder of the image is, and no other would be the server's to write to.
 */
export const snapshotVolume = '/var/tmp';

/** A place in the server for copies of its indices, made by the set-up. */
export interface SnapshotRepository {
  readonly name: string;
  /** Below `path.repo` of the server. */
  readonly folder: string;
}

/** That of the bundled server. */
export const snapshotRepository: SnapshotRepository = { name: 'stock-logs', folder: `${snapshotVolume}/snapshots` };
