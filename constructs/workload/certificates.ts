import type { Given } from './connections';
import { filesDirectory } from './files';

/** A folder of its own: what is in it is read again by its readers, so that a CA is changed without a start. */
const folder = 'certificates';

/**
 * The certificates of CAs as clients of a server are given them.
 *
 * @param variable names the file
 * @param ca in PEM; nothing is given without it
 */
export const certificateFiles = (variable: string, name: string, ca: string | undefined): Required<Given> =>
  ca === undefined
    ? { environment: {}, files: {} }
    : {
        environment: { [variable]: `${filesDirectory}/${folder}/${name}` },
        files: { [`${folder}/${name}`]: { content: ca, onChange: 'reread' } },
      };
