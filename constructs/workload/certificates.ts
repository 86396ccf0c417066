import type { Given } from './connections';
import { type Files, filesDirectory } from './files';

/** A folder of its own: what is in it is read again by its readers, so that a CA is changed without a start. */
const folder = 'certificates';

/** Certificates in a container. */
export interface CertificateFile {
  /** @default - there are none */
  readonly path?: string;
  readonly files: Files;
}

/**
 * The certificates of CAs as a file of clients of a server.
 *
 * @param ca in PEM; nothing is there without it
 */
export const certificateFile = (name: string, ca: string | undefined): CertificateFile =>
  ca === undefined
    ? { files: {} }
    : {
        path: `${filesDirectory}/${folder}/${name}`,
        files: { [`${folder}/${name}`]: { content: ca, onChange: 'reread' } },
      };

/**
 * The same for clients that are told where it is.
 *
 * @param variable names the file
 */
export function certificateFiles(variable: string, name: string, ca: string | undefined): Required<Given> {
  const { path, files } = certificateFile(name, ca);
  return { environment: path === undefined ? {} : { [variable]: path }, files };
}
