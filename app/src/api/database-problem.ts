import { DatabaseAway } from '../database/pulse';
import { tlsAdvice } from '../runtime/tls';
import { Problem } from './problem';

/**
 * PostgreSQL's codes, or the classes they begin with, of what passes by itself or once somebody has seen to it:
 * connections, sign-in, a standby that only reads, resources, an operator's intervention, the disk.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const unavailable = /^(08|28|25006|53|57P|58)/;
/** Cancelled by a time limit, a lock not given in time, a transaction that met another. */
const busy = /^(57014|55P03|40001|40P01)/;
/** Of the network, as Node.js names them. */
const unreachable =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOENT)$/;
/** Of node-postgres, whose own errors have no code. */
const withoutAnswer = [
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Query read timeout',
  // Of a connection that was lost since the statement before.
  'is not queryable',
];

/** The problem to answer with when the database fails in a way that passes; undefined for other errors. */
export function databaseProblem(error: Error & { code?: unknown }): Problem | undefined {
  const code = typeof error.code === 'string' ? error.code : '';
  if (busy.test(code)) {
    return new Problem(
      503,
      'database_busy',
      'the database took longer than is allowed for this; try again, or ask for less: fewer days, stocks or rows',
    );
  }
  const isAway =
    error instanceof DatabaseAway ||
    unavailable.test(code) ||
    unreachable.test(code) ||
    tlsAdvice(error, 'DATABASE') !== undefined ||
    withoutAnswer.some((text) => error.message.includes(text));
  return isAway ? new Problem(503, 'database_unavailable', 'the database does not answer; try again') : undefined;
}
