import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentConfig } from '../config/environment';
import { environmentByName, environments } from '../config/environments';
import { type PlatformApp, platformApp } from '../constructs/workload/app';
import type { Unit } from '../constructs/workload/target';
import { addSystem, type System } from '../stacks/system';

/** What any resource may have; a test names the rest by the type it passes to `resources` or `resource`. */
export interface Body {
  readonly depends_on?: readonly string[];
  readonly lifecycle?: {
    readonly prevent_destroy?: boolean;
    readonly ignore_changes?: readonly string[];
    readonly replace_triggered_by?: readonly string[];
  };
}

/** An expression as it stands in a text. */
export const reference = (address: string): string => `\${${address}}`;

/**
 * A text as Terraform hands it on: `$${` and `%%{` are how one writes what begins an expression; an expression itself
 * is evaluated, and none of the texts that the tests look at may hold one.
 */
export const literal = (text: string): string =>
  text.replaceAll(/([$%])(\1?)\{([^}]*\}?)/g, (_, sign, twice, rest) =>
    twice ? `${sign}{${rest}` : `<evaluated: ${rest}>`,
  );

/** One stack as Terraform gets it. */
export class SynthesizedStack {
  readonly json: {
    readonly resource?: Readonly<Record<string, Readonly<Record<string, Body>>>>;
    readonly data?: unknown;
    readonly output?: unknown;
    readonly ephemeral?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly variable?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly provider?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
    readonly terraform: {
      readonly backend: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      readonly required_providers: Readonly<Record<string, { readonly source: string; readonly version: string }>>;
    };
  };

  constructor(
    readonly name: string,
    readonly text: string,
  ) {
    this.json = JSON.parse(text, (key, value) => (key === '//' ? undefined : Object.freeze(value)));
  }

  /** Every resource as `type.name`, sorted. */
  get addresses(): string[] {
    return Object.entries(this.json.resource ?? {})
      .flatMap(([type, named]) => Object.keys(named).map((name) => `${type}.${name}`))
      .sort();
  }

  /** Name to body of all resources of a type; empty when there are none. */
  resources<T extends object = Body>(type: string): Readonly<Record<string, T & Body>> {
    return (this.json.resource?.[type] ?? {}) as Record<string, T & Body>;
  }

  /** The body of one resource. */
  resource<T extends object = Body>(type: string, name: string): T & Body {
    const body = this.resources<T>(type)[name];
    if (!body) throw new Error(`stack "${this.name}" has no ${type}.${name}, it has:\n${this.addresses.join('\n')}`);
    return body;
  }
}

/** Everything an app writes: stack name to stack. Nothing of it stays on the disk. */
export function synthesized(build: (app: PlatformApp) => void): ReadonlyMap<string, SynthesizedStack> {
  const directory = mkdtempSync(join(tmpdir(), 'synthesized-'));
  try {
    const app = platformApp(directory);
    build(app);
    app.synth();
    app.node.lock();
    return new Map(
      readdirSync(join(directory, 'stacks'))
        .sort()
        .map((name) => {
          const text = readFileSync(join(directory, 'stacks', name, 'cdk.tf.json'), 'utf8');
          return [name, new SynthesizedStack(name, text)];
        }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A whole system, as constructs and as what Terraform gets. */
export interface SynthesizedSystem extends System {
  readonly stack: (unit: Unit) => SynthesizedStack;
}

/** The system of each of the given environments, synthesized together. */
export function synthesizedSystems(configs: readonly EnvironmentConfig[]): SynthesizedSystem[] {
  const systems: System[] = [];
  const stacks = synthesized((app) => {
    for (const config of configs) systems.push(addSystem(app, config));
  });
  return systems.map((system) => ({
    ...system,
    stack: (unit) => stacks.get(`${system.config.name}-${unit}`) as SynthesizedStack,
  }));
}

const known = new Map<string, SynthesizedSystem>();

/** One of the environments of config/environments, synthesized once for all test files of a worker. None can change it. */
export function environmentSystem(name: string): SynthesizedSystem {
  const [system] = known.has(name) ? [known.get(name)] : synthesizedSystems([environmentByName(name)]);
  known.set(name, system as SynthesizedSystem);
  return system as SynthesizedSystem;
}

/** The deployable units of an environment, in the order they are deployed. */
export const unitsOf = (name: string): Unit[] => environmentSystem(name).stacks.map(({ unit }) => unit);

/** Every stack of an environment. */
export const stacksOf = (name: string): SynthesizedStack[] =>
  unitsOf(name).map((unit) => environmentSystem(name).stack(unit));

/** Every stack of every environment. */
export const allStacks = (): SynthesizedStack[] => environments.flatMap(({ name }) => stacksOf(name));
