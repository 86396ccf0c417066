import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type DatabaseRole, databaseRoles } from '../database/roles';
import { writeSecret } from './kept-secret';

type Variables = Record<string, string>;

/** Where the embedded product keeps its data unless told otherwise. */
export const defaultFolder = path.join(__dirname, '../../../.local/embedded');

/** The file that says how to reach what runs in a folder, as each role; it is there while that runs. */
export const environmentFile = (folder: string): string => path.join(folder, 'environment.json');

export async function writeEnvironmentFile(folder: string, as: (role: DatabaseRole) => Variables): Promise<void> {
  const byRole = Object.fromEntries(databaseRoles.map((role) => [role, as(role)]));
  await writeSecret(environmentFile(folder), JSON.stringify(byRole));
}

/** The variables by which a command reaches what runs in the folder; none where nothing does. */
export function readEnvironmentFile(folder: string, role: DatabaseRole): Variables {
  try {
    return JSON.parse(readFileSync(environmentFile(folder), 'utf8'))[role] ?? {};
  } catch {
    return {};
  }
}
