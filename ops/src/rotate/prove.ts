import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../failures';
import type { Rotation } from '../ledger/deployments';
import type { Place } from '../place/place';
import { loginOf, type RotatedSecret, secretLabel, voidedBy } from './rotated-secrets';
import { isGood } from './tries';

/** A text of a secret and what was said to it. */
export type Proof = Rotation['proofs'][number];

export interface Proving {
  readonly place: Place;
  readonly secret: RotatedSecret;
  /** The revision in use. */
  readonly revision: number;
  /** The text that is to be refused; undefined where it was lost. */
  readonly voided: string | undefined;
  readonly signal: AbortSignal;
  /** How long it is asked again. @default three minutes */
  readonly seconds?: number;
}

/** PostgreSQL and Redis read their passwords again within two minutes, of which a Secret takes one to reach the pod. */
const takenSeconds = 180;
const lookMilliseconds = 2_000;

interface Wanted {
  readonly text: string;
  readonly said: Proof['said'];
  readonly ask: () => Promise<boolean>;
}

/**
 * Asks who checks a secret: the new text has to be taken, the former too where two are used in turn, and the one before to be refused.
 *
 * @throws Refusal where it is otherwise at the end
 */
export async function prove(proving: Proving): Promise<Proof[]> {
  const wanted = wantedOf(proving);
  const { seconds = takenSeconds } = proving;
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const isLast = performance.now() > deadline;
    // What has just been started again may not answer yet.
    const found = await Promise.all(wanted.map(askOne)).catch((error: Error) => {
      if (isLast) throw error;
      return undefined;
    });
    if (found?.every(({ said }, index) => said === wanted[index]?.said))
      return proving.voided === undefined ? [...found, notAsked(proving)] : found;
    if (found && isLast) {
      throw new Refusal(
        `after ${seconds} s ${proving.secret.server} does not say what it has to: ${found.map(proofText).join('; ')}`,
      );
    }
    await sleep(lookMilliseconds, undefined, { signal: proving.signal });
  }
}

/** For people. */
export const proofText = ({ text, said }: Proof): string => `${said}: ${text}`;

function wantedOf({ place, secret, revision, voided }: Proving): Wanted[] {
  const good = (of: number) => async () =>
    isGood(place, secret, of, await place.secretText(secretLabel(secret, of), secret.key));
  const former: Wanted = {
    text: `the former one, of revision ${revision - 1}`,
    said: 'taken',
    ask: good(revision - 1),
  };
  return [
    { text: `the new one, of revision ${revision}`, said: 'taken', ask: good(revision) },
    ...(secret.isInTurn ? [former] : []),
    ...(voided === undefined
      ? []
      : [
          {
            text: voidedText(secret, revision),
            said: 'refused' as const,
            ask: () => isGood(place, secret, revision, voided),
          },
        ]),
  ];
}

const askOne = async ({ text, ask }: Wanted): Promise<Proof> => ({ text, said: (await ask()) ? 'taken' : 'refused' });

const notAsked = ({ secret, revision }: Proving): Proof => ({ text: voidedText(secret, revision), said: 'not asked' });

function voidedText(secret: RotatedSecret, revision: number): string {
  const before = voidedBy(secret, revision);
  const which = before < 1 ? 'the one that was there unused' : `the one of revision ${before}`;
  return `${which}, by ${loginOf(secret, revision)}`;
}
