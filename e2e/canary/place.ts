import { gunzipSync } from 'node:zlib';
import { type Secret, secretsIn } from '../secret-search';

/** A text, and where it is from: a file, a process, a page. */
export interface Piece {
  from: string;
  text: string;
}

/** A place in which a secret could come to lie. */
export interface Place {
  name: string;
  /** What was put there on purpose: a search that does not find it would not find anything else. */
  decoy: string;
  /** Whether there is so much that only what all planted texts begin with is looked for. @default false */
  isLarge?: boolean;
  read(): AsyncIterable<Piece> | Iterable<Piece>;
}

/** What a search of one place found. */
export interface Searched {
  place: string;
  pieces: number;
  bytes: number;
  /** Which secret, and where. */
  found: readonly string[];
  isDecoyFound: boolean;
}

/**
 * Looks for every secret, and for the decoy, in all that is at a place.
 *
 * @param marker with which most of the secrets begin
 */
export async function search(
  { name, decoy, isLarge = false, read }: Place,
  secrets: readonly Secret[],
  marker: string,
): Promise<Searched> {
  const unmarked = secrets.filter(({ text }) => !text.includes(marker));
  const wanted = isLarge ? [{ name: 'a planted secret', text: marker }, ...unmarked] : secrets;
  const found: string[] = [];
  let [pieces, bytes, isDecoyFound] = [0, 0, false];
  for await (const { from, text } of read()) {
    pieces++;
    bytes += text.length;
    isDecoyFound ||= secretsIn(text, [{ name: 'decoy', text: decoy }]).length > 0;
    found.push(...secretsIn(text, wanted).map((secret) => `${secret} in ${from}`));
  }
  return { place: name, pieces, bytes, found, isDecoyFound };
}

/** Why the search of a place is not good; empty where it is. */
export const faultsOf = ({ place, found, isDecoyFound }: Searched): string[] => [
  ...found.map((each) => `${place}: ${each}`),
  ...(isDecoyFound ? [] : [`${place}: what was put there on purpose is not found, so nothing is said of it`]),
];

const gzip = Buffer.from([0x1f, 0x8b]);

/** The bytes of a file, each as a character; what is packed is unpacked. */
export const asText = (bytes: Buffer): string =>
  (bytes.subarray(0, 2).equals(gzip) ? gunzipSync(bytes) : bytes).toString('latin1');
