import { isIPv4, isIPv6 } from 'node:net';
import { closedMap } from './closed-map';
import { type Certificates, readCertificates } from './tls';

// What an environment variable may be, to be written down in a line.

export type Necessity = 'required' | 'default' | 'optional';

/** A password as it was given or, where it is in a file, the way to read it as it is now. */
export type Password = string | (() => string);

/** One environment variable: what it means, which texts it takes and what they stand for. */
export interface Definition<T, N extends Necessity> {
  necessity: N;
  description: string;
  allowed: string;
  default?: T;
  /** The text that stands for the default, where the value itself is none. */
  defaultText?: string;
  /** Whether the value must never be printed. */
  secret: boolean;
  /** Whether a value in a file is to be read again at each use. */
  isReadAgain?: boolean;
  /** The value the text stands for; undefined when it is not allowed. */
  read(text: string): T | undefined;
}

export interface Type<T> {
  allowed: string;
  secret?: boolean;
  isReadAgain?: boolean;
  read(text: string): T | undefined;
}

export const text: Type<string> = { allowed: 'any text that is not empty', read: (given) => given };
export const secret: Type<string> = { ...text, secret: true };
export const password: Type<Password> = { ...secret, isReadAgain: true };
export const certificates: Type<Certificates> = {
  allowed: 'certificates in PEM, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----',
  read: readCertificates,
  isReadAgain: true,
  // What is given by mistake may be a key.
  secret: true,
};
export const matching = (pattern: RegExp, allowed: string): Type<string> => ({
  allowed,
  read: (given) => (pattern.test(given) ? given : undefined),
});
export const address = (pattern: RegExp, allowed: string): Type<string> => ({
  allowed,
  read: (given) => (pattern.test(given) && URL.canParse(given) ? given : undefined),
});
export const wholeNumber = (minimum: number, maximum: number, allowed: string): Type<number> => ({
  allowed,
  read: (given) => {
    const number = Number(given);
    return Number.isInteger(number) && number >= minimum && number <= maximum ? number : undefined;
  },
});
export const count = (minimum: number) => wholeNumber(minimum, 1e6, `a whole number from ${minimum}`);
export const port = wholeNumber(1, 65535, 'a port from 1 to 65535');
const booleans = closedMap({ true: true, false: false });
export const boolean: Type<boolean> = {
  allowed: 'true or false',
  read: (given) => booleans.get(given.toLowerCase()),
};

export const httpUrl = matching(
  /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/,
  'http://HOST:PORT or https://HOST, with a path where there is one',
);
const originForm = /^https?:\/\/[^\s/?#@,]+$/;
export const origins: Type<readonly string[]> = {
  allowed: 'https://HOST or http://HOST:PORT, several separated by commas',
  read: (given) => {
    const names = given.split(',').map((name) => name.trim());
    return names.every((name) => originForm.test(name)) ? names : undefined;
  },
};

const isNetwork = (given: string): boolean => {
  const [address = '', bits = '', ...rest] = given.split('/');
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
};
export const networks: Type<readonly string[]> = {
  allowed: 'addresses as CIDR, such as 10.0.0.0/8 or fd00::/8, several separated by commas',
  read: (given) => {
    const each = given.split(',').map((network) => network.trim());
    return each.every(isNetwork) ? each : undefined;
  },
};
export const required = <T>(type: Type<T>, description: string): Definition<T, 'required'> => ({
  secret: false,
  ...type,
  necessity: 'required',
  description,
});
export const withDefault = <T>(type: Type<T>, value: T, description: string): Definition<T, 'default'> => ({
  secret: false,
  ...type,
  necessity: 'default',
  default: value,
  description,
});
export const withDefaultText = <T>(type: Type<T>, given: string, description: string): Definition<T, 'default'> => ({
  ...withDefault(type, type.read(given) as T, description),
  defaultText: given,
});
export const optional = <T>(type: Type<T>, description: string): Definition<T, 'optional'> => ({
  secret: false,
  ...type,
  necessity: 'optional',
  description,
});

/** What a variable is once it is read. */
export type ValueOf<D> = D extends Definition<infer T, infer N> ? (N extends 'optional' ? T | undefined : T) : never;
