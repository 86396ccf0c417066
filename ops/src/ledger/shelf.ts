/** A text as it was read, with what tells it from every other that is written under its name. */
export interface Kept {
  readonly text: string;
  readonly version: string;
}

/**
 * Small texts that are kept where an environment is, so that all who operate it see the same.
 * Names are of lower-case letters, digits and "-"; every method throws CannotTell where the place does not answer.
 */
export interface Shelf {
  /** For people. */
  readonly place: string;
  read(name: string): Promise<Kept | undefined>;
  /**
   * Writes a text, if nobody wrote one since.
   *
   * @param version of what was read; undefined where there was nothing
   * @returns false where somebody else was faster: nothing was written
   */
  write(name: string, text: string, version: string | undefined): Promise<boolean>;
  /** All whose names begin so, by name. */
  list(prefix: string): Promise<Map<string, string>>;
  /** In this order. */
  remove(...names: string[]): Promise<void>;
}
