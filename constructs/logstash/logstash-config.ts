/** The settings that are used, each one that Logstash knows. */
interface LogstashSettings {
  readonly 'api.http.host': string;
  readonly 'pipeline.ecs_compatibility': 'v8';
  readonly 'queue.type': 'persisted';
  readonly 'queue.max_bytes': string;
  readonly 'dead_letter_queue.enable': boolean;
  readonly 'dead_letter_queue.max_bytes': string;
  readonly 'dead_letter_queue.storage_policy': 'drop_older';
  readonly 'log.format': 'json';
}

/**
 * The logstash.yml. Of the volume, half is for what Elasticsearch has not taken yet: a full queue stops reading, and Filebeat
 * waits with its files. A tenth is for what Elasticsearch refuses; the oldest of that goes first.
 *
 * @param storageGiB size of the volume
 */
export function renderLogstashConfig(storageGiB: number): string {
  const mebibytes = storageGiB * 1024;
  const settings: LogstashSettings = {
    'api.http.host': '0.0.0.0',
    'pipeline.ecs_compatibility': 'v8',
    'queue.type': 'persisted',
    'queue.max_bytes': `${Math.floor(mebibytes / 2)}mb`,
    'dead_letter_queue.enable': true,
    'dead_letter_queue.max_bytes': `${Math.floor(mebibytes / 10)}mb`,
    'dead_letter_queue.storage_policy': 'drop_older',
    'log.format': 'json',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}
