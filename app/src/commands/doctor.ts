import { openAnswerCache } from '../cache/answer-cache';
import { clockAheadSeconds, clockToleranceSeconds } from '../database/clock';
import { listInvalidIndexes } from '../database/indexes';
import { schemaFault } from '../database/migrations';
import { listPartitions } from '../database/partitions';
import { createPool, createSingleConnectionPool, type Database, type DatabaseAddress } from '../database/pool';
import { readSessions, type Sessions } from '../database/sessions';
import { integer, type Sql, sql } from '../database/sql';
import { readLatestDay } from '../datasets/latest-days';
import { describeFaults, findScheduleFaults } from '../jobs/installed-schedules';
import { closeQueue, openQueue } from '../jobs/queue';
import { datasets, type HistoricalDataset, historicalDatasets } from '../market/dataset';
import { addDays, dayInShanghai } from '../market/trading-day';
import { findFreshness } from '../quality/freshness';
import { findGaps } from '../quality/gaps';
import { EnvironmentError, type EnvironmentOf, readEnvironment } from '../runtime/env';
import { createLogger } from '../runtime/logging';
import { type ServerVariables, tlsAdvice } from '../runtime/tls';
import { within } from '../runtime/within';
import { configuredSources, sourceDescriptors } from '../sources/configured-sources';
import { sourceNames } from '../sources/source';
import { listSourceApis } from '../sources/source-api';

const answerSeconds = 5;
/** Below the time a look may take, so that the reason is told. */
const queueSeconds = 4;
/** Statements of the application end long before (manual 5.2). */
const longSeconds = 300;
/** Of max_connections, as the alert has it. */
const fullShare = 0.8;
const daysOfQuarantine = 7;
const daysOfGaps = 90;

/** What one look at the system found. */
export interface Finding {
  /** What was looked at. */
  check: string;
  /** note: worth knowing, nothing is wrong. */
  state: 'ok' | 'note' | 'wrong';
  finding: string;
  /** What to do about it. */
  advice?: string;
}

type Check = () => Promise<Omit<Finding, 'check'>>;

const ok = (finding: string): Omit<Finding, 'check'> => ({ state: 'ok', finding });
const note = (finding: string, advice?: string): Omit<Finding, 'check'> => ({ state: 'note', finding, advice });
const wrong = (finding: string, advice: string): Omit<Finding, 'check'> => ({ state: 'wrong', finding, advice });

function databaseChecks(database: Database, today: string, now: Date): Record<string, Check> {
  const count = async (query: Sql): Promise<number> =>
    (await database.query<{ count: number }>(query)).rows[0]?.count ?? 0;
  return {
    schema: async () => {
      const found = await schemaFault(database);
      return found ? wrong(found.fault, found.advice) : ok('as this version needs it');
    },
    partitions: async () => {
      const names = (await listPartitions(database)).map(({ name }) => name);
      const year = Number(today.slice(0, 4));
      const missing = [year, year + 1].map((each) => `stock_data_${each}`).filter((name) => !names.includes(name));
      return missing.length === 0
        ? ok(`${names.length} years, up to ${names.at(-1)}`)
        : wrong(`${missing.join(', ')} missing`, 'stock db partition ensure');
    },
    indexes: async () => {
      const invalid = await listInvalidIndexes(database);
      return invalid.length === 0
        ? ok('all valid')
        : wrong(`not valid: ${invalid.join(', ')}`, 'stock db index ensure');
    },
    calendar: async () => {
      const last = await readLatestDay(database, 'trade_cal');
      if (last === null) return wrong('empty', 'stock sync trade_cal');
      return last < today ? wrong(`ends on ${last}`, 'stock sync trade_cal') : ok(`reaches to ${last}`);
    },
    freshness: async () => {
      const found = await findFreshness(database, now);
      const late = found.filter(({ lag_trading_days }) => (lag_trading_days ?? 0) > 0).map(({ dataset }) => dataset);
      const empty = found.filter(({ latest_day }) => latest_day === null).map(({ dataset }) => dataset);
      if (late.length > 0) return wrong(`behind: ${late.join(', ')}`, 'stock sync; stock jobs list --state failed');
      return empty.length > 0 ? note(`never loaded: ${empty.join(', ')}`, 'stock sync') : ok('up to date');
    },
    gaps: async () => {
      const days = { start: addDays(today, -daysOfGaps), end: addDays(today, -1) };
      const found = await Promise.all(historicalDatasets.map((dataset) => describeGaps(database, dataset, days)));
      const givenUp = found.reduce((sum, { given_up }) => sum + given_up, 0);
      const missing = found.flatMap(({ missing }) => missing ?? []);
      if (missing.length > 0) return wrong(`missing of ${daysOfGaps} days: ${missing.join('; ')}`, 'stock sync');
      const rest = givenUp === 0 ? '' : `, but for ${givenUp} rows that sources were asked for in vain`;
      return ok(`nothing is missing of ${daysOfGaps} days${rest}`);
    },
    'dead letters': async () => {
      const letters = await count(sql`SELECT count(*)::int FROM dead_letter WHERE replayed_at IS NULL`);
      return letters === 0 ? ok('none') : wrong(`jobs that failed for good: ${letters}`, 'stock dlq list');
    },
    quarantine: async () => {
      const rows = await count(
        sql`SELECT count(*)::int FROM quarantine WHERE last_seen_at > now() - interval '${integer(daysOfQuarantine)} days'`,
      );
      return rows === 0
        ? ok(`nothing in ${daysOfQuarantine} days`)
        : note(`${rows} rows in ${daysOfQuarantine} days`, 'SELECT rule, reason, row FROM quarantine');
    },
    'source limits': async () => {
      const open = (await listSourceApis(database)).filter(({ isOpen }) => isOpen);
      return open.length === 0
        ? ok('no circuit breaker is open')
        : wrong(
            `circuit breaker open after failures: ${open.map(({ source, api }) => `${source} ${api}`).join(', ')}`,
            'SELECT source, api, error FROM source_api',
          );
    },
  };
}

/** What to do about what PostgreSQL refuses, by the code of the refusal. */
const adviceByCode = new Map([
  ['28P01', 'correct DATABASE_PASSWORD (or its file), or the password of the user in PostgreSQL'],
  ['28000', 'correct the user in DATABASE_URL, or let it in (pg_hba.conf)'],
  ['3D000', 'correct the database in DATABASE_URL, or create it'],
  ['53300', 'too many connections: lower DATABASE_POOL_SIZE and DATABASE_MAX_OVERFLOW, or raise max_connections'],
  ['53100', 'free space on the disk of PostgreSQL'],
]);

const servers = new Map<string, ServerVariables>([
  ['database', 'DATABASE'],
  ['clock', 'DATABASE'],
  ['connections', 'DATABASE'],
  ['queue', 'QUEUE'],
  ['schedules', 'QUEUE'],
  ['cache', 'REDIS'],
]);

const toldOfPooler = 'DATABASE_URL leads to a pooler: set DATABASE_POOLED=true';

/** What to do where a pooler in transaction mode refuses what belongs to a session, or forgets it. */
const poolerAdvice = ({ code, message }: NodeJS.ErrnoException, server: ServerVariables): string | undefined => {
  if (!message.includes('unsupported startup parameter') && !/^(26000|42P05)$/.test(code ?? '')) return undefined;
  return server === 'DATABASE'
    ? toldOfPooler
    : 'QUEUE_URL leads to a pooler, and a job queue needs sessions: name the server itself';
};

/** How Redis begins its answer to a user or password that is not the right one. */
const redisRefusal = /^(NOAUTH|WRONGPASS|NOPERM)/;
const queueAdvice = 'correct QUEUE_PASSWORD (or its file), or the user in QUEUE_URL and its rights';
const redisAdvice = new Map([
  ['queue', queueAdvice],
  ['schedules', queueAdvice],
  ['cache', 'correct REDIS_PASSWORD (or its file), or the user in REDIS_URL and its rights'],
]);

/** What a dataset lacks, such as `adj_factor: 1 day of 600000.SH`. */
async function describeGaps(database: Database, dataset: HistoricalDataset, days: { start: string; end: string }) {
  const { stocks } = await findGaps(database, { symbols: null, ...days }, dataset);
  const incomplete = stocks.filter(({ gaps }) => gaps.length > 0);
  const given_up = stocks.reduce((sum, stock) => sum + stock.given_up, 0);
  const [first] = incomplete;
  if (!first) return { given_up };
  const rows = incomplete.reduce((sum, { gaps }) => sum + gaps.length, 0);
  return { given_up, missing: `${dataset} ${rows}, the first of ${first.symbol ?? 'the market'} on ${first.gaps[0]}` };
}

const neededVariables = sourceNames.flatMap((name) => sourceDescriptors[name].neededVariable ?? []);

const sourcesCheck =
  (environment: EnvironmentOf<'doctor'>): Check =>
  async () => {
    const sources = configuredSources(environment);
    const without = datasets.filter(
      (dataset) =>
        !environment.SOURCE_PRIORITY[dataset].some((name) =>
          sources.some((source) => source.name === name && source.fetchers[dataset]),
        ),
    );
    const names = sources.map(({ name }) => name).join(', ');
    return without.length === 0
      ? ok(`configured: ${names}`)
      : wrong(
          `no source for ${without.join(', ')}; configured: ${names}`,
          `set ${neededVariables.join(' or ')}, or correct SOURCE_PRIORITY`,
        );
  };

/** @param sessions those of the server */
export function tellOfSessions({ count, most, long }: Sessions): Omit<Finding, 'check'> {
  const [first] = long;
  const seen = `${count} of ${most}`;
  if (count > most * fullShare) {
    return wrong(
      `${seen} are in use`,
      'end what is idle, or raise max_connections: SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3',
    );
  }
  return first
    ? wrong(
        `${seen}; ${long.length} statements of ours run for more than ${longSeconds / 60} minutes, the longest, of ${first.application}, for ${first.seconds} s`,
        'SELECT pid, application_name, now() - query_start AS since, left(query, 80) FROM pg_stat_activity ORDER BY query_start',
      )
    : ok(`${seen}, and no statement of ours runs for long`);
}

/** A Redis without TLS takes the beginning of TLS for that of a command, and waits for the rest. */
const silenceAdvice = ({ message }: Error, server: ServerVariables, url: string): string | undefined =>
  url.startsWith('rediss:') && /ETIMEDOUT|no answer within/.test(message)
    ? `see whether the server is up and speaks TLS there, or correct ${server}_URL`
    : undefined;

/** Where the services are that were asked. */
type Addresses = Partial<Pick<EnvironmentOf<'doctor'>, `${ServerVariables}_URL`>>;

/** What to do about an error of a service, from its connection on. */
function adviceOn(check: string, error: NodeJS.ErrnoException, environment: Addresses): string {
  const server = servers.get(check);
  const ofConnection =
    server &&
    (tlsAdvice(error, server) ??
      poolerAdvice(error, server) ??
      silenceAdvice(error, server, environment[`${server}_URL`] ?? ''));
  const ofRedis = redisRefusal.test(error.message) ? redisAdvice.get(check) : undefined;
  return ofConnection ?? ofRedis ?? adviceByCode.get(error.code ?? '') ?? 'see the log of the service';
}

async function run(checks: Record<string, Check>, environment: Addresses): Promise<Finding[]> {
  return Promise.all(
    Object.entries(checks).map(async ([check, look]) => {
      try {
        return { check, ...(await within(answerSeconds, look())) };
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        return { check, ...wrong(message || (code ?? 'failed'), adviceOn(check, error as Error, environment)) };
      }
    }),
  );
}

/** Looks at what a database keeps, and at nothing else. @param now the moment of which it is to be */
export async function examineDatabase(address: DatabaseAddress, now: Date): Promise<Finding[]> {
  const database = createSingleConnectionPool(address, 'stock-doctor');
  // A server that ends while a connection is idle fails no question.
  database.on('error', () => undefined);
  try {
    return await run(databaseChecks(database, dayInShanghai(now), now), address);
  } finally {
    await database.end();
  }
}

/** Looks at everything the application needs and keeps. A part that is down does not keep it from the others. */
export async function examine(now = new Date()): Promise<Finding[]> {
  let environment: EnvironmentOf<'doctor'>;
  try {
    environment = readEnvironment('doctor');
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return [{ check: 'environment', ...wrong(error.message, 'stock --help') }];
  }
  const logger = createLogger('stock-analysis-doctor', 'ERROR', { write: () => undefined });
  const pool = { DATABASE_POOL_SIZE: 1, DATABASE_MAX_OVERFLOW: 3 };
  const database = createPool({ ...environment, ...pool }, 'stock-doctor');
  database.on('error', () => undefined);
  const queue = openQueue(environment, logger);
  let queueError: Error | undefined;
  queue.on('error', (error) => {
    queueError = error;
  });
  // While it is refused, BullMQ tries again and does not answer.
  const askQueue = <T>(question: Promise<T>): Promise<T> =>
    within(queueSeconds, question).catch((error) => {
      throw queueError ?? error;
    });
  const cache = openAnswerCache(environment, logger);
  try {
    const services = await run(
      {
        environment: async () => ok('complete'),
        database: async () => {
          const { rows } = await database.query<{ version: string; readOnly: string; plans: string }>(
            sql`SELECT current_setting('server_version') AS version, current_setting('transaction_read_only') AS "readOnly",
                  current_setting('plan_cache_mode') AS plans`,
          );
          const server = `PostgreSQL ${rows[0]?.version}`;
          // A connection of ours begins with another, unless something between has left that out.
          if (!environment.DATABASE_POOLED && rows[0]?.plans === 'auto') {
            return wrong(`${server}, behind a pooler that passes over options`, toldOfPooler);
          }
          return rows[0]?.readOnly === 'on'
            ? wrong(`${server}, read-only`, 'point DATABASE_URL at the primary, or end default_transaction_read_only')
            : ok(server);
        },
        clock: async () => {
          const aheadSeconds = await clockAheadSeconds(database);
          return Math.abs(aheadSeconds) > clockToleranceSeconds
            ? wrong(`${aheadSeconds} s ahead of the database's`, 'set the clock that is wrong')
            : ok("as the database's");
        },
        connections: async () => tellOfSessions(await readSessions(database, longSeconds)),
        queue: async () => {
          const { waiting = 0, delayed = 0 } = await askQueue(queue.getJobCounts('waiting', 'delayed'));
          return ok(`${waiting} jobs wait, ${delayed} are put off`);
        },
        schedules: async () => {
          const faults = await askQueue(findScheduleFaults(queue));
          return faults.size === 0
            ? ok('all in the queue')
            : wrong(
                `not as they should be: ${describeFaults(faults)}`,
                'start the scheduler; it sets them within a minute',
              );
        },
        cache: async () => {
          if (!cache) return note('none: every answer comes from PostgreSQL', 'set REDIS_URL');
          await cache.connected();
          await cache.ping();
          return ok('answers');
        },
        sources: sourcesCheck(environment),
      },
      environment,
    );
    const isDatabaseUp = services.some(({ check, state }) => check === 'database' && state === 'ok');
    return isDatabaseUp
      ? [...services, ...(await run(databaseChecks(database, dayInShanghai(now), now), environment))]
      : services;
  } finally {
    cache?.close();
    await closeQueue(queue.close(), logger);
    await database.end();
  }
}
