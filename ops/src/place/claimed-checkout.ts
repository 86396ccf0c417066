import path from 'node:path';
import { claimFolder } from '../../../app/src/embedded/claim-folder';
import { EmbeddedError } from '../../../app/src/embedded/embedded-error';
import { CannotTell, Refusal } from '../failures';

/** What deployments leave in a checkout, and who works there. */
export const checkoutFolder = (root: string): string => path.join(root, '.local', 'deploy');

/**
 * Works while nobody else deploys from the same checkout: synthesis writes into one folder of it, and Terraform reads from there.
 *
 * @throws Refusal when another process does, CannotTell where this user cannot write there
 */
export async function withCheckout<T>(root: string, work: () => Promise<T>): Promise<T> {
  const folder = checkoutFolder(root);
  const release = await claimFolder(folder).catch((error: Error) => {
    if (error instanceof EmbeddedError) {
      throw new Refusal(
        `another deployment works in this checkout (${folder}/process-id has its number); wait for it, or use another one`,
      );
    }
    throw new CannotTell(`${folder} cannot be written: ${error.message}; mend that, or use another checkout`);
  });
  try {
    return await work();
  } finally {
    await release();
  }
}
