import type { ValueOf } from '../runtime/variable';
import { akshare } from './akshare';
import { sample } from './sample';
import { type MarketDataSource, type SourceName, sourceNames } from './source';
import type { SourceDescriptor } from './source-descriptor';
import { tushare } from './tushare';
import { wind } from './wind';

/** The descriptor of every source. */
// biome-ignore lint/suspicious/noExplicitAny: each has variables of its own
export const sourceDescriptors = { tushare, akshare, wind, sample } satisfies Record<SourceName, SourceDescriptor<any>>;

/** The environment variables of all sources. */
export const sourceVariables = { ...tushare.variables, ...akshare.variables, ...wind.variables };

type SourceSettings = { readonly [V in keyof typeof sourceVariables]: ValueOf<(typeof sourceVariables)[V]> };

/** The sources that the environment says how to reach, and the sample, which needs nothing. */
export function configuredSources(settings: SourceSettings): MarketDataSource[] {
  const now = () => new Date();
  return sourceNames.flatMap((name) => sourceDescriptors[name].create(settings, now) ?? []);
}
