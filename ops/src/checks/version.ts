/** The first version that a text names, as numbers; undefined where it names none. */
export function versionIn(text: string): readonly number[] | undefined {
  return /(\d+)(?:\.(\d+))?(?:\.(\d+))?/
    .exec(text)
    ?.slice(1)
    .flatMap((part) => (part === undefined ? [] : [Number(part)]));
}

/** Whether a version is another or a later one. */
export function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  const first = least.findIndex((part, index) => (version[index] ?? 0) !== part);
  return first === -1 || (version[first] ?? 0) > (least[first] ?? 0);
}
