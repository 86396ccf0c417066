import { z } from 'zod';
import { certificateFile } from './certificate-file';
import { userName } from './existing-redis';
import { revision } from './fields';
import type { Place } from './place';
import type { Rule } from './rule';

/** As whom we come: a user with a password, or whoever has a token. Both are secrets that people give. */
const login = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('password'),
    user: userName,
    /** Raise it, and give the password, to have it written again. */
    revision,
  }),
  z.strictObject({
    by: z.literal('token'),
    /** Raise it, and give the token, to have it written again. */
    revision,
  }),
]);

/** How one gets into a service over HTTP that somebody else runs. */
export const httpAccess = {
  /** The certificates of the CAs that sign the service's. @default - the CAs that the client's image trusts */
  caFile: certificateFile.optional(),
  /** @default - it asks nobody who they are */
  login: login.optional(),
};

interface HttpAccess {
  readonly caFile?: string | undefined;
  readonly login?: z.output<typeof login> | undefined;
}

/** What holds for any of them, where each of `urls` leads to one. */
export function httpAccessRules(
  path: string,
  urls: Readonly<Record<string, string>>,
  { caFile, login }: HttpAccess,
  { tier }: Pick<Place, 'tier'>,
): Rule[] {
  const isOpen = (url: string) => new URL(url).protocol === 'http:';
  return [
    {
      isBroken: caFile !== undefined && Object.values(urls).every(isOpen),
      path: `${path}.caFile`,
      got: caFile,
      allowed: 'nothing where no certificate is checked; use https, or remove it',
    },
    ...Object.entries(urls).flatMap(([key, url]) => [
      {
        isBroken: isOpen(url) && login !== undefined,
        path: `${path}.${key}`,
        got: url,
        allowed: 'an https URL where there is a login: whoever is between would have it',
      },
      {
        isBroken: isOpen(url) && login === undefined && tier === 'production',
        path: `${path}.${key}`,
        got: url,
        allowed: 'an https URL in production',
      },
    ]),
  ];
}
