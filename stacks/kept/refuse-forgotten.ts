import { ConfigurationError } from '../../config/configuration-error';
import { thingsIn } from './aspects';
import { committedPlans, type Plans } from './committed-plans';

/**
 * Refuses to renew plans without those of an environment that protected its data and that nothing describes any more.
 * @param reviewed the environments that have plans
 * @param described those that there are
 * @throws ConfigurationError naming them, and what to do about them
 */
export function refuseForgotten(
  reviewed: readonly string[],
  described: readonly string[],
  plansOf: (name: string) => Plans = committedPlans,
): void {
  const problems = reviewed
    .filter((name) => !described.includes(name))
    .map((name) => ({ name, kept: keptIn(plansOf(name)) }))
    .filter(({ kept }) => kept.length > 0)
    .map(
      ({ name, kept }) =>
        `plans/${name} has ${kept.length} things that are kept (${kept[0]} …), and config/environments has no ${name}.ts: ` +
        `give it back, or destroy the environment first and then remove plans/${name} yourself`,
    );
  if (problems.length > 0) throw new ConfigurationError(problems.join('\n'));
}

const keptIn = (plans: Plans): string[] =>
  [...plans.values()].flatMap((plan) => thingsIn(plan).filter(({ isKept }) => isKept)).map(({ name }) => name);
