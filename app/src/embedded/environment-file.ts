import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Where the embedded product keeps its data unless told otherwise. */
export const defaultFolder = path.join(__dirname, '../../../.local/embedded');

/** The file that says how to reach what runs in a folder; it is there while that runs. */
export const environmentFile = (folder: string): string => path.join(folder, 'environment.json');

/** The variables by which a command reaches what runs in the folder; none where nothing does. */
export function readEnvironmentFile(folder: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(environmentFile(folder), 'utf8'));
  } catch {
    return {};
  }
}
