import type { Resource } from '../../place/synthesized';
import type { LogRetention, LogStore } from './log-store';

const dayMilliseconds = 86_400_000;
/** The lifecycle is looked at every ten minutes, and each of its steps waits for the next look. */
const slackDays = 0.25;

/** An index of the logs, and how it stands. */
export interface LogIndex {
  name: string;
  /** The data stream that it is a part of. */
  stream: string;
  bytes: number;
  lines: number;
  /** Since its last line was written; since it was made where it is written to. */
  days: number;
  isWrittenTo: boolean;
  /** Why it will not go in time. */
  problem?: string;
}

export interface LogIndices {
  retention: LogRetention;
  indices: LogIndex[];
  /** Why none of them will go in time. */
  problems: string[];
}

/** The indices of the logs, the oldest first, beside how long they are to be kept. @throws as `LogStore.ask` */
export async function readLogIndices(store: LogStore, retention: LogRetention, now = Date.now()): Promise<LogIndices> {
  const streams = `logs-stock.*-${store.environment}`;
  const [listed, sizes, explained, lifecycle, { operation_mode: mode }] = await Promise.all([
    store.ask('GET', `/_resolve/index/${streams}`),
    store.ask('GET', `/_cat/indices/${streams}?format=json&bytes=b&expand_wildcards=all&h=index,store.size,docs.count`),
    store.ask('GET', `/${streams}/_ilm/explain`),
    store.find('GET', `/_ilm/policy/${retention.policy}`),
    store.ask('GET', '/_ilm/status'),
  ]);
  return {
    retention,
    problems: problemsOf(retention, lifecycle?.[retention.policy], mode),
    indices: judge({ listed, sizes, explained }, retention, now),
  };
}

/** What is wrong for all of them. */
function problemsOf({ policy, days }: LogRetention, lifecycle: Resource | undefined, mode: string): string[] {
  const there = lifecycle?.policy.phases.delete?.min_age;
  return [
    ...(mode === 'RUNNING' ? [] : [`lifecycles are ${mode}: nothing is deleted; start them: POST /_ilm/start`]),
    ...(there === `${days}d`
      ? []
      : [
          `the lifecycle ${policy} deletes after ${there ?? 'no time, it is not there'}, described are ${days}d; deploy the logs`,
        ]),
  ];
}

interface Answers {
  listed: Resource;
  sizes: Resource;
  explained: Resource;
}

/** Each index as the answers of Elasticsearch have it. */
function judge({ listed, sizes, explained }: Answers, retention: LogRetention, now: number): LogIndex[] {
  const sizeOf = new Map<string, Resource>(sizes.map((each: Resource) => [each.index, each]));
  const found = (listed.data_streams as Resource[]).flatMap(({ name: stream, backing_indices: names }) =>
    [names].flat().map((name: string, place, { length }) => {
      const { 'store.size': bytes, 'docs.count': lines } = sizeOf.get(name) ?? {};
      const explanation = explained.indices[name] ?? { managed: false };
      const since = explanation.lifecycle_date_millis ?? explanation.index_creation_date_millis ?? now;
      const days = (now - since) / dayMilliseconds;
      const isWrittenTo = place === length - 1;
      const problem = problemOf(explanation, { days, isWrittenTo }, retention);
      return {
        name,
        stream,
        bytes: Number(bytes ?? 0),
        lines: Number(lines ?? 0),
        days,
        isWrittenTo,
        ...(problem && { problem }),
      };
    }),
  );
  return found.sort((a, b) => b.days - a.days);
}

function problemOf(
  explanation: Resource,
  { days, isWrittenTo }: Pick<LogIndex, 'days' | 'isWrittenTo'>,
  { policy, days: kept }: LogRetention,
): string | undefined {
  if (!explanation.managed) return 'no lifecycle has it, so that nothing deletes it';
  if (explanation.policy !== policy) return `it is of the lifecycle ${explanation.policy}, not of ${policy}`;
  if (explanation.step === 'ERROR') {
    const { type = '', reason = '' } = explanation.step_info ?? {};
    return `its lifecycle failed at ${explanation.failed_step}: ${reason || type}`;
  }
  if (isWrittenTo || days <= kept + slackDays) return undefined;
  return `it was to go ${Math.floor(days - kept)} days ago`;
}
