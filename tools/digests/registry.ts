import { createHash } from 'node:crypto';
import { askForManifest } from '../../ops/src/place/registry';

const waitMilliseconds = 30_000;

/**
 * The digest of what a registry has under an image's name: computed of what it sends, not taken from what it says of it.
 * @throws Error naming the image, and what the registry answered
 */
export async function digestOf(image: string, scheme: 'https' | 'http' = 'https'): Promise<string> {
  const asking = { method: 'GET', scheme, milliseconds: waitMilliseconds } as const;
  const { registry, response, refusal } = await askForManifest(image, asking);
  if (refusal) throw new Error(`${image}: ${refusal}`);
  if (!response.ok)
    throw new Error(`${image}: ${registry} answered ${response.status} ${response.statusText}`.trimEnd());
  const digest = `sha256:${createHash('sha256')
    .update(Buffer.from(await response.arrayBuffer()))
    .digest('hex')}`;
  const said = response.headers.get('docker-content-digest') ?? digest;
  if (said !== digest) throw new Error(`${image}: ${registry} calls ${said} what is ${digest}`);
  return digest;
}
