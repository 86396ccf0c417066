import type { Place } from '../../config/place';

/** A volume of a stateful workload, which outlives it. */
export interface DataVolume {
  /** What follows the workload's name in the volume's. @default 'data' */
  readonly name?: string;
  readonly path: string;
  readonly sizeGiB: number;
}

/** What the volume of a stateful workload is called after it. */
export const dataVolumeName = ({ name = 'data' }: DataVolume): string => name;

/** Whose volume it is. */
interface Owner {
  readonly component: string;
  readonly name: string;
}

/** What a volume is called in the plans and in `cluster.storage`: postgres-data. */
export const volumeId = ({ component }: Pick<Owner, 'component'>, volume: DataVolume): string =>
  `${component}-${dataVolumeName(volume)}`;

/** The volume itself: its name, its storage class, and whether somebody else made it. */
export function claimOf({ cluster }: Pick<Place, 'cluster'>, owner: Owner, volume: DataVolume) {
  const id = volumeId(owner, volume);
  const { existingClaims = {}, classes = {}, class: ofAll } = cluster?.storage ?? {};
  const existing = Object.hasOwn(existingClaims, id) ? existingClaims[id] : undefined;
  return {
    name: existing ?? `${owner.name}-${dataVolumeName(volume)}`,
    isExisting: existing !== undefined,
    storageClass: Object.hasOwn(classes, id) ? classes[id] : ofAll,
  };
}
