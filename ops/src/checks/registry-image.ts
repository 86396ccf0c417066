import { askForManifest } from '../place/registry';

const askMilliseconds = 5_000;

/**
 * Whether a registry has an image, asked as one who has no account there.
 *
 * @throws Error where it does not answer, or asks who that is
 */
export async function isInRegistry(image: string, signal: AbortSignal): Promise<boolean> {
  const { registry, response } = await askForManifest(image, { method: 'HEAD', milliseconds: askMilliseconds, signal });
  if (response.status === 404) return false;
  if (response.ok) return true;
  throw new Error(`${registry} answers ${response.status} to who has no account there`);
}
