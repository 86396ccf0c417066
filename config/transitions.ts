import { z } from 'zod';

const text = z.string().trim().min(1, 'a text that is not empty');
const address = z
  .string()
  .regex(/^[a-z][a-z0-9_]*\.[a-z][\w-]*$/, "a resource's address, e.g. kubernetes_secret_v1.api");
/** The stack in whose state it is: platform, data, application … */
const unit = z.string().regex(/^[a-z][a-z0-9-]*$/, 'the name of a unit, e.g. data');
/** The provider would read a Secret's text into the state, and then write another. */
const importable = address.refine(
  (to) => !to.startsWith('kubernetes_secret_v1.'),
  'anything but a Secret, whose text would come into the state; delete it and have it made again, or copy its text',
);
/** Why, for whoever reviews it. */
const reason = text;

/**
 * How an environment gets from what is deployed to what is described, where that is not for Terraform to guess. Each is said
 * for one thing and holds for nothing else; what is done everywhere may be removed again, and Terraform refuses where it was not.
 */
export const transitions = z.strictObject({
  /** The same thing has another address. */
  moved: z.array(z.strictObject({ unit, from: address, to: address })).default([]),
  /** It stays where it is, and Terraform forgets it: it is deleted by hand, or never. */
  leftBehind: z.array(z.strictObject({ unit, address, reason })).default([]),
  /** Something that data hangs on is another on purpose, from one value to another. */
  changed: z.array(z.strictObject({ unit, address, what: text, from: z.string(), to: z.string(), reason })).default([]),
  /** What exists already becomes Terraform's, by the id that its provider knows it by. */
  imported: z.array(z.strictObject({ unit, to: importable, id: text })).default([]),
});
export type Transitions = z.output<typeof transitions>;

export const noTransitions: Transitions = { moved: [], leftBehind: [], changed: [], imported: [] };
