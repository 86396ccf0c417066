import { certificateFile } from './certificate-file';
import { hostname, port } from './fields';
import type { Place } from './place';
import type { Rule } from './rule';

/** A server that somebody else runs: where it is and whom to trust. */
export const existingServer = {
  host: hostname,
  port,
  /** The certificates of the CAs that sign the server's. @default - the CAs that Node.js trusts */
  caFile: certificateFile.optional(),
};

interface ExistingServer {
  readonly host: string;
  readonly caFile?: string | undefined;
}

/**
 * What holds for any of them.
 *
 * @param isChecked whether its certificate is
 */
export const existingRules = (
  path: string,
  { host, caFile }: ExistingServer,
  isChecked: boolean,
  { lifetimeHours }: Pick<Place, 'lifetimeHours'>,
): Rule[] => [
  {
    isBroken: caFile !== undefined && !isChecked,
    path: `${path}.caFile`,
    got: caFile,
    allowed: 'nothing where no certificate is checked',
  },
  {
    isBroken: lifetimeHours !== undefined,
    path: `${path}.host`,
    got: host,
    allowed:
      'topology "bundled" where lifetimeHours is set: what is there for a while does not work on the data of others',
  },
];
