import { Refusal } from '../failures';
import type { RotatedSecret } from './rotated-secrets';

/**
 * Raises the revision of a password in the text of an environment's file, as a person would. Whether it says so then is for synthesis to tell.
 *
 * @throws Refusal with the line to write by hand, where the file is not written as ours are
 */
export function raiseRevision(text: string, { server, user }: RotatedSecret, revision: number): string {
  const begin = new RegExp(`^ {2}${server}: \\{`, 'm').exec(text);
  const end = begin && closingBrace(text, begin.index + begin[0].length);
  if (!begin || !end) {
    throw new Refusal(
      `${server} is not an object of its own in this file; raise it by hand, and deploy: ${server}: { …, passwordRevisions: { ${user}: ${revision} } }`,
    );
  }
  const start = begin.index + begin[0].length;
  const block = raisedIn(text.slice(start, end), user, revision);
  return `${text.slice(0, start)}${block}${text.slice(end)}`;
}

function raisedIn(block: string, user: string, revision: number): string {
  const given = /passwordRevisions: \{([^}]*)\}/.exec(block);
  if (!given) {
    const indent = block.startsWith('\n') ? '\n    ' : ' ';
    return `${indent}passwordRevisions: { ${user}: ${revision} },${block}`;
  }
  const others = (given[1] ?? '')
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair && !pair.startsWith(`${user}:`));
  return block.replace(given[0], `passwordRevisions: { ${[...others, `${user}: ${revision}`].join(', ')} }`);
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
