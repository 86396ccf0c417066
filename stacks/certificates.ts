import { readCertificates } from '../config/certificate-file';

/** The certificates that a part of the configuration names, in PEM, if it names any. */
export const certificatesIn = ({ caFile }: { readonly caFile?: string | undefined }): string | undefined =>
  caFile === undefined ? undefined : readCertificates(caFile);
