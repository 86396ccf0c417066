import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { Plan } from './plan';

/** The plan of each unit of an environment. */
export type Plans = ReadonlyMap<string, Plan>;

/** Where what was reviewed last is. */
export const plansFolder = join(__dirname, '../../plans');

/** What was reviewed last of an environment; nothing for one that is new. */
export function committedPlans(environmentName: string): Plans {
  const folder = join(plansFolder, environmentName);
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(files.map((file) => [parse(file).name, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Plan]));
}

/** The environments that were reviewed. */
export const committedEnvironments = (): string[] =>
  existsSync(plansFolder)
    ? readdirSync(plansFolder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
    : [];
