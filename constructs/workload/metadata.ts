import type { Place } from '../../config/place';
import { literal } from './literal';

/** What the platform says of an object or of its pods. */
interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** The label of all that is made for a preview that was raised, with its name: by this it is found when its state is gone. */
export const previewLabel = 'stockanalysis.com/preview';

/** Metadata with the labels and annotations that the estate wants everywhere, and the name of a preview that was raised. */
export function marked<T extends Marks>(
  { name, cluster, raised }: Pick<Place, 'name' | 'cluster' | 'raised'>,
  metadata: T,
) {
  const ofEstate = Object.entries(cluster?.annotations ?? {}).map(([name, text]) => [name, literal(text)]);
  const annotations = { ...Object.fromEntries(ofEstate), ...metadata.annotations };
  return {
    ...metadata,
    labels: { ...cluster?.labels, ...metadata.labels, ...(raised && { [previewLabel]: name }) },
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
  };
}
