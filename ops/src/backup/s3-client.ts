import { Agent } from 'node:https';
import { S3Client, type S3ServiceException } from '@aws-sdk/client-s3';
import { closedMap } from '../../../app/src/runtime/closed-map';
import { tlsAdviceFor, verifiedTls } from '../../../app/src/runtime/tls';
import type { EnvironmentOf } from '../environment';
import { CannotTell } from '../failures';

const second = 1_000;

/** Asks the server of the environment, a few times at most, and not for ever. */
export function createS3Client(environment: EnvironmentOf<'store'>): S3Client {
  const {
    BACKUP_S3_ENDPOINT: endpoint,
    BACKUP_S3_REGION: region,
    BACKUP_S3_ACCESS_KEY: accessKeyId,
    BACKUP_S3_SECRET_KEY: secretAccessKey,
    BACKUP_S3_CA: ca,
  } = environment;
  return new S3Client({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    // Without keys, those that AWS gives its machines: the only case in which it is asked for some.
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    maxAttempts: 4,
    // What is read is compared with the manifest: an object that is not what it was is damage, and no answer that failed.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 10 * second,
      // Of a connection on which nothing moves; a part takes what a slow line needs.
      socketTimeout: 60 * second,
      requestTimeout: 900 * second,
      throwOnRequestTimeout: true,
      httpsAgent: new Agent({ keepAlive: true, maxSockets: 8, ...verifiedTls(ca) }),
    },
  });
}

const keysAdvice = 'correct BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY';
const rightsAdvice =
  'let this key list, read, write and delete below the prefix of BACKUP_STORE, or give another in BACKUP_S3_ACCESS_KEY';
const regionAdvice = 'correct BACKUP_S3_REGION, which is that of the bucket';
const clockAdvice = 'correct the clock of this machine, or that of the server';

const answeredAdvice =
  'correct BACKUP_STORE, BACKUP_S3_ENDPOINT and the keys, or ask those who run the server what it means by that';

const adviceOf = closedMap({
  NoSuchBucket: 'make the bucket, or correct BACKUP_STORE',
  AccessDenied: rightsAdvice,
  InvalidAccessKeyId: keysAdvice,
  SignatureDoesNotMatch: keysAdvice,
  ExpiredToken: keysAdvice,
  CredentialsProviderError: 'set BACKUP_S3_ACCESS_KEY and BACKUP_S3_SECRET_KEY',
  PermanentRedirect: regionAdvice,
  AuthorizationHeaderMalformed: regionAdvice,
  RequestTimeTooSkewed: clockAdvice,
  RequestExpired: clockAdvice,
  QuotaExceeded: 'make room in the bucket: stockops backup prune --delete',
});

/** What the server answered, or why it did not, in words that say what to do. */
export function s3Failure(place: string, environment: EnvironmentOf<'store'>, failure: unknown): CannotTell {
  const error = failure as S3ServiceException & NodeJS.ErrnoException;
  const server = environment.BACKUP_S3_ENDPOINT ?? `AWS, ${environment.BACKUP_S3_REGION}`;
  const advice =
    adviceOf.get(error.name) ??
    tlsAdviceFor(error, { address: 'BACKUP_S3_ENDPOINT', ca: 'BACKUP_S3_CA_FILE' }) ??
    (error.$metadata?.httpStatusCode ? answeredAdvice : 'start the server, or correct BACKUP_S3_ENDPOINT');
  return new CannotTell(`the store ${place} at ${server} cannot be used (${reasonOf(error)}); ${advice}`);
}

/** The code of an error of the server or the system, and what it says beside. */
function reasonOf({ name, message, code, $metadata }: S3ServiceException & NodeJS.ErrnoException): string {
  const status = $metadata?.httpStatusCode;
  const codes = [code ?? (name === 'Error' ? '' : name), status ? `status ${status}` : ''].filter(Boolean).join(', ');
  return [codes, message.replaceAll(/\s+/g, ' ').trim()].filter(Boolean).join(': ');
}
