import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where an estate commits what it has seen of providers, one file a stack (docs/estate.md). */
const locksFolder = join(__dirname, '../locks');

/** Puts the committed lock file of a stack where Terraform looks for it; what Terraform wrote there itself stays where none is. */
export function placeProviderLock(stackName: string, outputFolder: string, folder = locksFolder): void {
  const committed = join(folder, `${stackName}.lock.hcl`);
  if (existsSync(committed)) copyFileSync(committed, join(outputFolder, 'stacks', stackName, '.terraform.lock.hcl'));
}
