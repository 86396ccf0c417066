import { Construct } from 'constructs';
import { Secret, type SecretProps } from './secret';

/** Which of the two texts of a rotated secret: they are used in turn. */
export type Turn = 'first' | 'second';

export interface RotatedSecretProps {
  readonly component: string;
  /** Raise it to have the other text made anew and used: odd revisions use the first, even ones the second. */
  readonly revision: number;
  /** Key to text, as in a secret, of each of the two. */
  readonly keys: (turn: Turn) => SecretProps['keys'];
}

/**
 * A generated password that can be changed under its readers: two secrets, of which one is in use. A raised revision writes the other
 * one and has it used; what was in use stays as it is, and is valid for those that still run with it, until the revision is raised again
 * (docs/decisions/036-passwords-in-turn.md). Whoever checks the password has to accept both.
 */
export class RotatedSecret extends Construct {
  readonly currentTurn: Turn;
  /** The secret of each turn. */
  readonly turns: ReadonlyMap<Turn, Secret>;
  /** What readers are to use. */
  readonly current: Secret;
  /** What those use that were not started again since the revision was raised. */
  readonly former: Secret;

  constructor(scope: Construct, id: string, { component, revision, keys }: RotatedSecretProps) {
    super(scope, id);
    const made = (turn: Turn, suffix?: string) =>
      new Secret(this, turn, { component, suffix, keys: keys(turn), revision: writtenAt(turn, revision) });
    const [first, second] = [made('first'), made('second', 'second')];
    this.currentTurn = turnOf(revision);
    this.turns = new Map([
      ['first', first],
      ['second', second],
    ]);
    [this.current, this.former] = this.currentTurn === 'first' ? [first, second] : [second, first];
  }
}

const turnOf = (revision: number): Turn => (revision % 2 === 1 ? 'first' : 'second');

/** The latest revision at which a turn's text was made, both being there from the beginning. */
const writtenAt = (turn: Turn, revision: number): number =>
  turnOf(revision) === turn ? revision : Math.max(1, revision - 1);
