import type { Alert } from '../workload/observations';

/** Seconds from which on logs are late. */
export const lateFromSeconds = 300;

/** Share of its queue from which on Logstash is told of: what comes waits. */
export const queueFullFrom = 0.5;

/** Seconds from which on the newest copy of the logs is old: one is made every night, and may take two hours. */
export const snapshotOldFromSeconds = 26 * 3600;

const newest = 'stock_logs_newest_timestamp_seconds';

const newestSnapshot = 'stock_logs_snapshot_last_success_timestamp_seconds';

/** What is told of the way of the logs, by the watch of this folder. Nobody is woken: the product goes on without them. */
export const logstashAlerts: readonly Alert[] = [
  {
    name: 'LogstashDown',
    expression: 'stock_logs_answered{server="logstash"} == 0',
    forSeconds: 300,
    severity: 'warning',
    summary: 'Logstash does not answer',
    description:
      'Logstash has given no answer for 5 minutes (answered is {{ $value }}): logs wait in the files of the nodes',
  },
  {
    name: 'LogsUnwatched',
    // Who has no answer of a server that is well may not ask it.
    expression:
      'stock_logs_answered{server="elasticsearch"} == 0 and on () elasticsearch_cluster_health_status{color="green"}',
    forSeconds: 600,
    severity: 'warning',
    summary: 'How late logs are is not known',
    description: 'Elasticsearch refuses to say how new its newest lines are (answered is {{ $value }})',
  },
  {
    name: 'LogsLate',
    // What is silent, or gone, gets no new line: only who is behind goes on and stays behind.
    expression: `time() - ${newest} > ${lateFromSeconds} and changes(${newest}[10m]) > 0`,
    forSeconds: 600,
    severity: 'warning',
    summary: 'Logs arrive late',
    description:
      'The newest line of {{ $labels.component }} from {{ $labels.agent }} is {{ $value | humanizeDuration }} old',
  },
  {
    name: 'LogQueueFills',
    expression: `stock_logs_queue_bytes / stock_logs_queue_limit_bytes > ${queueFullFrom}`,
    forSeconds: 300,
    severity: 'warning',
    summary: 'Logs wait for Elasticsearch',
    description:
      "{{ $value | humanizePercentage }} of Logstash's queue is full; when all of it is, Filebeat stops reading",
  },
  {
    name: 'LogsRefused',
    expression: 'increase(stock_logs_refused_lines_total[15m]) > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'Elasticsearch refuses lines',
    description: '{{ $value | printf "%.0f" }} lines were refused in 15 minutes; Logstash keeps them as dead letters',
  },
  {
    name: 'LogsLost',
    expression: 'increase(stock_logs_lost_lines_total[15m]) > 0 or stock_logs_agent_dropped_lines > 0',
    forSeconds: 60,
    severity: 'warning',
    summary: 'Lines of logs are lost',
    description: '{{ $value | printf "%.0f" }} lines were given up in 15 minutes by {{ or $labels.agent "Logstash" }}',
  },
  {
    name: 'LogSnapshotTooOld',
    expression: `time() - ${newestSnapshot} > ${snapshotOldFromSeconds}`,
    forSeconds: 300,
    severity: 'warning',
    summary: 'The newest copy of the logs is too old',
    description:
      'The newest snapshot of the logs is of {{ $value | humanizeDuration }} ago; lines since would be lost with their volume',
  },
  {
    name: 'LogSnapshotMissing',
    expression: `stock_logs_answered{server="snapshots"} unless on (instance) ${newestSnapshot}`,
    // The first one of a new environment is made in its first night.
    forSeconds: snapshotOldFromSeconds,
    severity: 'warning',
    summary: 'There is no copy of the logs, or nobody can tell',
    description:
      'No snapshot of the logs is known: {{ if eq $value 0.0 }}Elasticsearch does not tell which there are{{ else }}none has ever been whole{{ end }} (value {{ $value }})',
  },
];
