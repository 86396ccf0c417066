import { appendFileSync } from 'node:fs';
import pg from 'pg';

/**
 * Appends what code of the application says to the database, by role, to the file that RECORD_STATEMENTS names: how
 * `npm run record:statements` finds it. What tests say themselves is left out.
 */
const file = process.env.RECORD_STATEMENTS;
const seen = new Set<string>();

/** Who calls is told by the stack; the pool calls the client in its turn, from where nobody of the application is seen. */
function note(user: string | undefined, statement: unknown): void {
  const text = typeof statement === 'string' ? statement : (statement as { text?: string } | null)?.text;
  if (!user || typeof text !== 'string' || seen.has(`${user} ${text}`)) return;
  const { stack = '' } = new Error();
  if (!stack.includes('/app/src/')) return;
  seen.add(`${user} ${text}`);
  appendFileSync(file as string, `${JSON.stringify({ role: user, text })}\n`);
}

type Query = (this: pg.Pool & pg.Client, ...args: unknown[]) => unknown;

function watch(prototype: { query: unknown }): void {
  const original = prototype.query as Query;
  prototype.query = function (this: pg.Pool & pg.Client, ...args: unknown[]) {
    note(this.options?.user ?? this.user, args[0]);
    return original.apply(this, args);
  } satisfies Query;
}

if (file) {
  watch(pg.Pool.prototype);
  watch(pg.Client.prototype);
}
