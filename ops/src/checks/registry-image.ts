const askMilliseconds = 5_000;
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Where an image is kept, by its name. */
export function placeOf(image: string): { registry: string; repository: string; reference: string } {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = isHost ? rest.join('/') : image;
  const [withTag = '', digest] = path.split('@');
  const [name = '', tag = 'latest'] = withTag.split(':');
  const registry = isHost ? first : 'registry-1.docker.io';
  return { registry, repository: isHost || name.includes('/') ? name : `library/${name}`, reference: digest ?? tag };
}

/**
 * Asks a registry for an image, as one who has no account there.
 *
 * @throws Error where it does not answer, or asks who that is
 */
export async function isInRegistry(image: string, signal: AbortSignal): Promise<boolean> {
  const { registry, repository, reference } = placeOf(image);
  const url = `https://${registry}/v2/${repository}/manifests/${reference}`;
  const first = await ask(url, {}, signal);
  const response = first.status === 401 ? await ask(url, await token(first, signal), signal) : first;
  if (response.status === 404) return false;
  if (response.ok) return true;
  throw new Error(`${registry} answers ${response.status} to who has no account there`);
}

const ask = (url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: 'HEAD',
    headers: { accept: manifestTypes, ...headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(askMilliseconds)]),
  });

/** What a registry gives to everybody, where its refusal says to ask for it. */
async function token({ headers }: Response, signal: AbortSignal): Promise<Record<string, string>> {
  const fields = Object.fromEntries(
    [...(headers.get('www-authenticate') ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  if (!fields.realm) return {};
  const url = new URL(fields.realm);
  for (const name of ['service', 'scope']) if (fields[name]) url.searchParams.set(name, fields[name]);
  const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(askMilliseconds)]) });
  const given = response.ok ? ((await response.json()) as { token?: string }) : {};
  return given.token ? { authorization: `Bearer ${given.token}` } : {};
}
