import type { EnvironmentConfig } from '../../config/environment';
import type { Finding } from './finding';

/** What tools ask and we do otherwise. */
export interface Exception {
  /** By the tools' own names of them, which ask the same. */
  readonly rules: readonly string[];
  /** @default - all environments */
  readonly tier?: EnvironmentConfig['tier'];
  /** Of config/environments or examples. @default - all environments */
  readonly environment?: string;
  /** @default - all components */
  readonly components?: readonly string[];
  readonly reason: string;
}

/** Findings that no exception covers, and exceptions that cover nothing any more. */
export function judged(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
  tiers: ReadonlyMap<string, EnvironmentConfig['tier']>,
): { readonly open: readonly Finding[]; readonly idle: readonly string[] } {
  const covers = ({ rules, tier, environment, components }: Exception, found: Finding) =>
    rules.includes(found.rule) &&
    [undefined, tiers.get(found.environment)].includes(tier) &&
    [undefined, found.environment].includes(environment) &&
    (components === undefined || components.includes(found.component));
  return {
    open: findings.filter((found) => !exceptions.some((exception) => covers(exception, found))),
    idle: exceptions.flatMap((exception) =>
      exception.rules.flatMap((rule) => {
        const covered = findings.filter((found) => found.rule === rule && covers(exception, found));
        const names = covered.map(({ component }) => component);
        const idle = exception.components?.filter((component) => !names.includes(component)) ?? [];
        return covered.length === 0 ? [rule] : idle.map((component) => `${rule} of ${component}`);
      }),
    ),
  };
}
