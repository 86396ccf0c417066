import { createTwoFilesPatch } from 'diff';

const nothing = '/dev/null';

/**
 * What differs between two texts of a file, as `diff -u` says it.
 *
 * @param before undefined where there was no such file, and after where there is none
 */
export function unifiedDiff(file: string, before: string | undefined, after: string | undefined): string[] {
  const patch = createTwoFilesPatch(
    before === undefined ? nothing : file,
    after === undefined ? nothing : file,
    before ?? '',
    after ?? '',
  );
  // Its first line is a rule of "=".
  return patch.trimEnd().split('\n').slice(1);
}
