import { z } from 'zod';
import { requireStored, writeStored } from '../backup/stored-json';
import { momentText } from '../cli/texts';
import { Refusal } from '../failures';
import { thisOperator } from './operator';
import type { Shelf } from './shelf';

const name = 'freeze';

const freeze = z.strictObject({ reason: z.string(), owner: z.string(), host: z.string(), since: z.iso.datetime() });
const schema = z.union([freeze, z.strictObject({ free: z.literal(true) })]);

/** Why nothing is deployed, and who said so. */
export type Freeze = z.output<typeof freeze>;

export async function frozen(shelf: Shelf): Promise<Freeze | undefined> {
  const found = requireStored(schema, (await shelf.read(name))?.text, `${name} in ${shelf.place}`);
  return found && 'reason' in found ? found : undefined;
}

/** @throws Refusal where it is frozen already, for another reason */
export async function freezeFor(shelf: Shelf, reason: string): Promise<Freeze> {
  const found = await frozen(shelf);
  if (found && found.reason !== reason) throw new Refusal(`${frozenText(found)}; stockops unfreeze comes first`);
  const { owner, host } = thisOperator();
  const made = found ?? { reason, owner, host, since: new Date().toISOString() };
  await put(shelf, made);
  return made;
}

/** @returns what was lifted; undefined where nothing was frozen */
export async function unfreeze(shelf: Shelf): Promise<Freeze | undefined> {
  const found = await frozen(shelf);
  if (found) await put(shelf, { free: true });
  return found;
}

/** @throws Refusal that says why, and until what */
export async function requireNotFrozen(shelf: Shelf, environment: string): Promise<void> {
  const found = await frozen(shelf);
  if (found) throw new Refusal(`${frozenText(found)}; when that is over: stockops unfreeze ${environment}`);
}

export const frozenText = ({ reason, owner, host, since }: Freeze): string =>
  `frozen since ${momentText(since)} by ${owner} on ${host}: ${reason}`;

async function put(shelf: Shelf, content: z.output<typeof schema>): Promise<void> {
  const found = await shelf.read(name);
  if (!(await shelf.write(name, writeStored(content), found?.version))) {
    throw new Refusal('somebody else froze or unfroze it at the same moment; look again: stockops history');
  }
}
