/** Lists of one image for several processors first: nodes may differ. */
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const lookMilliseconds = 5_000;

interface Reference {
  registry: string;
  repository: string;
  /** A digest, or a tag. */
  version: string;
}

/** The parts of an image's name, as engines read it: without a registry it is one of Docker Hub, and official without a user. */
export function parseReference(image: string): Reference {
  const [first = '', ...rest] = image.split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const [tagged = '', digest] = (isRegistry ? rest.join('/') : image).split('@');
  const [name = '', tag = 'latest'] = tagged.split(':');
  return {
    registry: isRegistry ? first : 'registry-1.docker.io',
    repository: isRegistry || name.includes('/') ? name : `library/${name}`,
    version: digest ?? tag,
  };
}

/** How a registry is asked. */
export interface Asking {
  method: 'HEAD' | 'GET';
  /** @default https */
  scheme?: 'https' | 'http';
  /** How long each request may take. */
  milliseconds: number;
  /** @default none */
  signal?: AbortSignal;
}

/** What a registry said of an image. */
export interface Answered {
  registry: string;
  response: Response;
  /** Why it gave no token, where it wanted one: the response is its refusal then. */
  refusal?: string;
}

/**
 * Asks the registry of an image for its manifest, as one who has no account there.
 *
 * @see https://distribution.github.io/distribution/spec/api/
 * @throws Error where it does not answer
 */
export async function askForManifest(image: string, asking: Asking): Promise<Answered> {
  const { scheme = 'https', method } = asking;
  const { registry, repository, version } = parseReference(image);
  const url = `${scheme}://${registry}/v2/${repository}/manifests/${version}`;
  const ask = (headers: Readonly<Record<string, string>> = {}) =>
    fetch(url, { method, headers: { accept: manifestTypes, ...headers }, signal: limitOf(asking) });
  const first = await ask();
  if (first.status !== 401) return { registry, response: first };
  const { token, refusal } = await tokenFor(first, asking);
  if (refusal) return { registry, response: first, refusal };
  return { registry, response: await ask({ authorization: `Bearer ${token}` }) };
}

/** Registries let everybody read what is public, with a token that everybody gets. @see https://distribution.github.io/distribution/spec/auth/token/ */
async function tokenFor({ headers }: Response, asking: Asking): Promise<{ token?: string; refusal?: string }> {
  const challenge = headers.get('www-authenticate') ?? '';
  const { realm, ...query } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>;
  if (!realm) return { refusal: `the registry wants a login of another kind: ${challenge || 'it does not say which'}` };
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`, { signal: limitOf(asking) });
  if (!answer.ok) return { refusal: `no token from ${new URL(realm).host}: ${answer.status} ${answer.statusText}` };
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
  return { token: token ?? access_token ?? '' };
}

const limitOf = ({ milliseconds, signal }: Asking): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(milliseconds), ...(signal ? [signal] : [])]);

/**
 * Whether a registry has an image, asked as one who has no account there.
 *
 * @throws Error where it does not answer, or asks who that is
 */
export async function isInRegistry(image: string, signal?: AbortSignal): Promise<boolean> {
  const { registry, response } = await askForManifest(image, {
    method: 'HEAD',
    milliseconds: lookMilliseconds,
    ...(signal && { signal }),
  });
  if (response.status === 404) return false;
  if (response.ok) return true;
  throw new Error(`${registry} answers ${response.status} to who has no account there`);
}
