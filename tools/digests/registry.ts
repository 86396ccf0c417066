import { createHash } from 'node:crypto';

/** Lists of one image for several processors first: nodes may differ. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const waitMs = 30_000;

/** Where an image is asked for. */
interface Place {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

/** The place of an image by its name, as engines read it: without a registry it is one of Docker Hub, and official without a user. */
export function placeOf(image: string): Place {
  const colon = image.lastIndexOf(':');
  const [first = '', ...rest] = image.slice(0, colon).split('/');
  const tag = image.slice(colon + 1);
  if (rest.length > 0 && /[.:]|^localhost$/.test(first)) return { registry: first, repository: rest.join('/'), tag };
  const path = [first, ...rest];
  return { registry: 'registry-1.docker.io', repository: path.length > 1 ? path.join('/') : `library/${first}`, tag };
}

/**
 * The digest of what a registry has under an image's name: computed of what it sends, not taken from what it says of it.
 * @throws Error naming the image, and what the registry answered
 */
export async function digestOf(image: string, scheme: 'https' | 'http' = 'https'): Promise<string> {
  const { registry, repository, tag } = placeOf(image);
  const url = `${scheme}://${registry}/v2/${repository}/manifests/${tag}`;
  const first = await ask(url);
  const answer = first.status === 401 ? await ask(url, await tokenFor(image, first)) : first;
  if (!answer.ok) throw new Error(`${image}: ${registry} answered ${answer.status} ${answer.statusText}`.trimEnd());
  const digest = `sha256:${createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex')}`;
  const said = answer.headers.get('docker-content-digest') ?? digest;
  if (said !== digest) throw new Error(`${image}: ${registry} calls ${said} what is ${digest}`);
  return digest;
}

const ask = (url: string, token?: string) =>
  fetch(url, {
    headers: { accept: manifestTypes, ...(token && { authorization: `Bearer ${token}` }) },
    signal: AbortSignal.timeout(waitMs),
  });

/** Registries let everybody read what is public, with a token that everybody gets. @see https://distribution.github.io/distribution/spec/auth/token/ */
async function tokenFor(image: string, refusal: Response): Promise<string> {
  const challenge = refusal.headers.get('www-authenticate') ?? '';
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>;
  if (!realm)
    throw new Error(`${image}: the registry wants a login of another kind: ${challenge || 'it does not say which'}`);
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`, { signal: AbortSignal.timeout(waitMs) });
  if (!answer.ok)
    throw new Error(`${image}: no token from ${new URL(realm).host}: ${answer.status} ${answer.statusText}`);
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
  return token ?? access_token ?? '';
}
