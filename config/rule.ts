/** What no single field can say: a relation between fields, looked at once each of them is right by itself. */
export interface Rule {
  readonly isBroken: boolean;
  /** Where the value stands, `api.scale`. */
  readonly path: string;
  readonly got: unknown;
  readonly allowed: string;
}

/** One line for a value that cannot be used. */
export const problem = (path: string, got: unknown, allowed: string): string =>
  `${path}: got ${show(got)}, allowed: ${allowed}`;

export const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
