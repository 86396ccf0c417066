import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';

/** Certificates of CAs in PEM, as they were given or, where they are in a file, the way to read them as they are now. */
export type Certificates = string | (() => string);

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The text, when it is one or more certificates in PEM; Node.js itself passes over what it cannot read. */
export function readCertificates(text: string): string | undefined {
  const found = text.match(certificate) ?? [];
  try {
    for (const each of found) new X509Certificate(each);
  } catch {
    return undefined;
  }
  return found.length > 0 ? text : undefined;
}

/**
 * TLS with a server that shows a certificate of one of the CAs, made out to its host.
 *
 * @param ca without it, the CAs that Node.js trusts
 */
export const verifiedTls = (ca: Certificates | undefined): ConnectionOptions => ({
  // As it is by default, but for a process with NODE_TLS_REJECT_UNAUTHORIZED=0.
  rejectUnauthorized: true,
  // Clients copy these options at each connection, and so read again what is in a file.
  get ca() {
    return typeof ca === 'function' ? ca() : ca;
  },
});

/** @see https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const ofAnotherHost = /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/;
const outOfDate = /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|CRL_HAS_EXPIRED|CRL_NOT_YET_VALID)$/;
const ofAnotherAuthority =
  /^(UNABLE_TO_(GET|DECRYPT|DECODE|VERIFY)_|(DEPTH_ZERO_)?SELF_SIGNED_CERT|CERT_|CRL_|INVALID_(CA|PURPOSE)$|ERROR_IN_C|PATH_LENGTH_EXCEEDED)/;
const withoutTls = /^(ERR_SSL_|ERR_TLS_|EPROTO)/;
/** Of node-postgres, whose own errors have no code. */
const refusedTls = /^(The server does not support SSL connections|There was an error establishing an SSL connection)$/;
/** Of PostgreSQL's pg_hba.conf and of PgBouncer. */
const tlsWanted = /no encryption|SSL required/i;

/** How the variables begin that say where a server is. */
export type ServerVariables = 'DATABASE' | 'QUEUE' | 'REDIS';

/** What to do about an error, where TLS is the cause. */
export const tlsAdvice = (error: Error, server: ServerVariables): string | undefined =>
  tlsAdviceFor(error, { address: `${server}_URL`, ca: `${server}_CA_FILE` });

/** @param names the variables that say where the server is, and which CAs are trusted */
export function tlsAdviceFor(error: Error, names: { address: string; ca: string }): string | undefined {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (ofAnotherHost.test(code)) {
    return `write a host in ${names.address} that the certificate of the server names, or give it one that names this host`;
  }
  if (outOfDate.test(code)) return 'renew the certificate of the server, or correct the clock that is wrong';
  if (ofAnotherAuthority.test(code)) {
    return `the CA in ${names.ca} did not sign the certificate of the server: correct the file, or the host in ${names.address}`;
  }
  if (withoutTls.test(code) || refusedTls.test(message)) {
    return `turn TLS on at the server, or correct ${names.address}: what answers there speaks none that is taken`;
  }
  return tlsWanted.test(message)
    ? `the server wants TLS: add ?sslmode=verify-full to ${names.address}, and its CA as ${names.ca}`
    : undefined;
}
