import { ConfigurationError } from '../../config/configuration-error';
import type { EnvironmentConfig } from '../../config/environment';
import { type Thing, thingsIn } from './aspects';
import type { Plans } from './committed-plans';
import type { Plan } from './plan';

/**
 * Refuses transitions that lead nowhere: from what was never reviewed, or to what is not described any more.
 * @throws ConfigurationError naming each, and what it would have to be
 */
export function refuseIdleTransitions(
  { name, transitions }: EnvironmentConfig,
  committed: Plans,
  planned: Plans,
): void {
  const before = (unit: string) => new PlanOfUnit(committed.get(unit));
  const after = (unit: string) => new PlanOfUnit(planned.get(unit));
  const idle = {
    moved: transitions.moved.map(({ unit, from, to }) =>
      firstBroken([
        [after(unit).has(to), `${unit} has no ${to}`],
        [!after(unit).has(from), `${unit} still has ${from}`],
        [before(unit).has(from) || before(unit).saysMoved(from), `plans/${name} never had ${from} in ${unit}`],
      ]),
    ),
    leftBehind: transitions.leftBehind.map(({ unit, address }) =>
      firstBroken([
        [!after(unit).has(address), `${unit} has ${address} again`],
        [
          !planned.has(unit) || before(unit).has(address) || before(unit).letGoOf(address),
          `plans/${name} never had ${address} in ${unit}`,
        ],
      ]),
    ),
    changed: transitions.changed.map(({ unit, address, what, from, to }) =>
      firstBroken([
        [
          after(unit).aspect(address, what) === to,
          `${what} of ${address} is ${after(unit).aspect(address, what)}, not ${to}`,
        ],
        [
          [from, to].includes(`${before(unit).aspect(address, what)}`),
          `${what} of ${address} never was ${from} in plans/${name}`,
        ],
      ]),
    ),
    imported: transitions.imported.map(({ unit, to }) => firstBroken([[after(unit).has(to), `${unit} has no ${to}`]])),
  };
  const problems = Object.entries(idle).flatMap(([kind, found]) =>
    found.flatMap((problem, index) => (problem ? [`  transitions.${kind}[${index}]: ${problem}`] : [])),
  );
  if (problems.length === 0) return;
  throw new ConfigurationError(
    [`environment "${name}": transitions that lead nowhere, remove or mend them:`, ...problems].join('\n'),
  );
}

const firstBroken = (rules: ReadonlyArray<[holds: boolean, problem: string]>): string | undefined =>
  rules.find(([holds]) => !holds)?.[1];

/** What is asked of a plan; one that is not there has nothing. */
class PlanOfUnit {
  private readonly things: readonly Thing[];

  constructor(private readonly plan: Plan = {}) {
    this.things = thingsIn(plan);
  }

  has(address: string): boolean {
    const [type = '', name = ''] = address.split('.');
    return this.plan.resource?.[type]?.[name] !== undefined || this.things.some((thing) => thing.address === address);
  }

  /** Whether it was let go of already: Terraform is told so, or its state remembers what Terraform knows nothing of. */
  letGoOf(address: string): boolean {
    const list = this.plan.resource?.terraform_data?.['left-behind'] as { readonly for_each?: object } | undefined;
    return (
      Object.hasOwn(list?.for_each ?? {}, address) || Boolean(this.plan.removed?.some(({ from }) => from === address))
    );
  }

  /** Whether it tells Terraform so already. */
  saysMoved(from: string): boolean {
    return this.plan.moved?.some((each) => each.from === from) ?? false;
  }

  aspect(address: string, what: string): string | undefined {
    const thing = this.things.find((each) => each.address === address);
    return [...(thing?.aspects ?? [])].find(([aspect]) => aspect === what)?.[1];
  }
}
