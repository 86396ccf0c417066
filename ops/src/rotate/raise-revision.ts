import { Refusal } from '../failures';

/**
 * Writes the revision of a secret into the text of an environment's file, as a person would. Whether the file says so then is for synthesis to tell.
 *
 * @param setting where it is, such as postgres, passwordRevisions, app
 * @throws Refusal with the line to write by hand, where the file is not written as ours are
 */
export function raiseRevision(text: string, setting: readonly string[], revision: number): string {
  const [component = '', ...rest] = setting;
  const begin = new RegExp(`^ {2}${component}: \\{`, 'm').exec(text);
  const start = begin ? begin.index + begin[0].length : 0;
  const end = begin && closingBrace(text, start);
  if (!begin || !end) {
    throw new Refusal(
      `${component} is not an object of its own in this file; raise it by hand, and deploy: ${component}: { …, ${pair(rest, revision)} }`,
    );
  }
  return text.slice(0, start) + raisedIn(text.slice(start, end), rest, revision) + text.slice(end);
}

/** @param block what is between the braces of an object */
function raisedIn(block: string, setting: readonly string[], revision: number): string {
  const [key = '', ...rest] = setting;
  const value = rest.length === 0 ? /\d+/ : /\{/;
  const given = new RegExp(`\\b${key}: (?=${value.source})`).exec(topOf(block));
  if (!given) {
    const indent = block.startsWith('\n') ? '\n    ' : ' ';
    return `${indent}${pair(setting, revision)},${block}`;
  }
  const start = given.index + given[0].length;
  if (rest.length === 0) return block.slice(0, start) + block.slice(start).replace(/^\d+/, `${revision}`);
  const end = closingBrace(block, start + 1) ?? block.length;
  return block.slice(0, start + 1) + raisedIn(block.slice(start + 1, end), rest, revision) + block.slice(end);
}

const pair = ([key = '', ...rest]: readonly string[], revision: number): string =>
  rest.length === 0 ? `${key}: ${revision}` : `${key}: { ${pair(rest, revision)} }`;

/** The same text with nothing in the objects that it has. */
function topOf(block: string): string {
  let depth = 0;
  return block
    .split('')
    .map((character) => {
      if (character === '}') depth -= 1;
      const shown = depth === 0 ? character : ' ';
      if (character === '{') depth += 1;
      return shown;
    })
    .join('');
}

/** Where the object ends whose inside begins at a place. */
function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === '{') depth += 1;
    if (text[index] === '}') depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}
