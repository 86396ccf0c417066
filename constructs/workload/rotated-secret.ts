import { Construct } from 'constructs';
import type { BoundaryName } from './boundary';
import { Secret, type SecretProps } from './secret';

/** Which of the two texts of a rotated secret: they are used in turn. */
export type Turn = 'first' | 'second';

export interface RotatedSecretProps {
  readonly component: string;
  /** Raise it to have the other text made anew and used: odd revisions use the first, even ones the second. */
  readonly revision: number;
  /** Key to text, as in a secret, of each of the two. */
  readonly keys: (turn: Turn) => SecretProps['keys'];
  /** @default 'workloads' */
  readonly boundary?: BoundaryName;
}

/**
 * A generated password that can be changed under its readers: two secrets, of which one is in use. A raised revision writes the other
 * one and has it used; what was in use stays as it is, and is valid for those that still run with it, until the revision is raised again
 * (docs/decisions/036-passwords-in-turn.md). Whoever checks the password has to accept both.
 */
export class RotatedSecret extends Construct {
  /** What readers are to use. */
  readonly current: Secret;
  readonly currentTurn: Turn;
  /** What those use that were not started again since the revision was raised. */
  readonly former: Secret;

  constructor(scope: Construct, id: string, props: RotatedSecretProps) {
    super(scope, id);
    const { revision, keys, ...where } = props;
    const first = new Secret(this, 'first', { ...where, keys: keys('first'), revision: writtenAt('first', revision) });
    const second = new Secret(this, 'second', {
      ...where,
      suffix: 'second',
      keys: keys('second'),
      revision: writtenAt('second', revision),
    });
    this.currentTurn = turnOf(revision);
    [this.current, this.former] = this.currentTurn === 'first' ? [first, second] : [second, first];
  }

  /** The secret of each turn. */
  get turns(): ReadonlyMap<Turn, Secret> {
    const former: Turn = this.currentTurn === 'first' ? 'second' : 'first';
    return new Map([
      [this.currentTurn, this.current],
      [former, this.former],
    ]);
  }
}

const turnOf = (revision: number): Turn => (revision % 2 === 1 ? 'first' : 'second');

/** The latest revision at which a turn's text was made, both being there from the beginning. */
const writtenAt = (turn: Turn, revision: number): number =>
  turnOf(revision) === turn ? revision : Math.max(1, revision - 1);
