import type { Dataset } from '../market/dataset';
import type { Definition, Necessity, ValueOf } from '../runtime/variable';
import type { MarketDataSource } from './source';

// biome-ignore lint/suspicious/noExplicitAny: each variable is of a type of its own
type Variables = Readonly<Record<string, Definition<any, Necessity>>>;
type Settings<V extends Variables> = { readonly [K in keyof V]: ValueOf<V[K]> };

/** What is to be known of a source, whether it is set up or not. */
export interface SourceDescriptor<V extends Variables> {
  /** The environment variables that are its own. */
  variables: V;
  /** The one without which it is not used; null where it needs none. */
  neededVariable: (keyof V & string) | null;
  datasets: readonly Dataset[];
  /** The source; undefined where it is not set up. */
  create(settings: Settings<V>, now: () => Date): MarketDataSource | undefined;
}

/** A descriptor, with the types of its variables. */
export const describeSource = <V extends Variables>(descriptor: SourceDescriptor<V>): SourceDescriptor<V> => descriptor;
