const requestMilliseconds = 10_000;
const manifests = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

interface Reference {
  registry: string;
  repository: string;
  /** A digest, or a tag. */
  version: string;
}

/**
 * Whether a registry has an image, asked as anybody may ask.
 *
 * @see https://distribution.github.io/distribution/spec/api/
 * @returns what it says, in words; `not there` where it is sure of that
 */
export async function askRegistry(image: string): Promise<string> {
  const { registry, repository, version } = parseReference(image);
  const url = `https://${registry}/v2/${repository}/manifests/${version}`;
  try {
    const first = await ask(url);
    const token = first.status === 401 ? await tokenFor(first.headers.get('www-authenticate') ?? '') : undefined;
    const { status } = token ? await ask(url, token) : first;
    if (status === 404) return 'not there';
    return status === 200
      ? `${registry} has it`
      : `${registry} answers ${status}, so it is not known whether it has it`;
  } catch (error) {
    return `${registry} does not answer (${(error as Error).message}), so it is not known whether it has it`;
  }
}

/** The parts of an image's name, as Docker reads it. */
export function parseReference(image: string): Reference {
  const [, name = image, tag = 'latest', digest] =
    /^(.+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  const [first = '', ...rest] = name.split('/');
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const path = isRegistry ? rest.join('/') : name;
  return {
    registry: isRegistry ? first : 'registry-1.docker.io',
    repository: isRegistry || path.includes('/') ? path : `library/${path}`,
    version: digest ?? tag,
  };
}

const ask = (url: string, token?: string): Promise<Response> =>
  fetch(url, {
    method: 'HEAD',
    headers: { accept: manifests, ...(token && { authorization: `Bearer ${token}` }) },
    signal: AbortSignal.timeout(requestMilliseconds),
  });

async function tokenFor(challenge: string): Promise<string | undefined> {
  const { realm, ...parameters } = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  );
  if (!realm) return undefined;
  const answer = await fetch(`${realm}?${new URLSearchParams(parameters)}`, {
    signal: AbortSignal.timeout(requestMilliseconds),
  });
  const { token, access_token: other } = (await answer.json()) as { token?: string; access_token?: string };
  return token ?? other;
}
