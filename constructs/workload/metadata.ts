import type { Place } from '../../config/place';
import { literal } from './literal';

/** What the platform says of an object or of its pods. */
interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Metadata with the labels and annotations that the estate wants everywhere. */
export function marked<T extends Marks>({ cluster }: Pick<Place, 'cluster'>, metadata: T) {
  const ofEstate = Object.entries(cluster?.annotations ?? {}).map(([name, text]) => [name, literal(text)]);
  const annotations = { ...Object.fromEntries(ofEstate), ...metadata.annotations };
  return {
    ...metadata,
    labels: { ...cluster?.labels, ...metadata.labels },
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
  };
}
