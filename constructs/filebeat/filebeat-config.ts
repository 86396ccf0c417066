import type { Place } from '../../config/place';

/** Where it remembers how far it has read each file. */
export const dataDirectory = '/usr/share/filebeat/data';

/** Port of the page that its probes ask. */
export const statusPort = 5066;

/** The options of the input `filestream` that are used. */
interface Filestream {
  readonly type: 'filestream';
  readonly id: string;
  readonly paths: readonly string[];
  readonly parsers: ReadonlyArray<
    | { readonly container: { readonly stream: 'all'; readonly format: 'docker' | 'cri' } }
    | {
        readonly multiline: {
          readonly type: 'pattern';
          readonly pattern: string;
          readonly negate: boolean;
          readonly match: 'after';
        };
      }
  >;
  readonly prospector: {
    readonly scanner: { readonly symlinks: boolean; readonly fingerprint: { readonly length: number } };
  };
  readonly close: { readonly on_state_change: { readonly removed: boolean } };
  readonly clean_removed: boolean;
}

interface FilebeatConfig {
  readonly filebeat: { readonly inputs: readonly Filestream[] };
  readonly output: { readonly logstash: { readonly hosts: readonly string[] } };
  readonly http: { readonly enabled: boolean; readonly host: string; readonly port: number };
  readonly logging: {
    readonly level: 'info';
    readonly to_stderr: boolean;
    readonly metrics: { readonly enabled: boolean; readonly period: string };
  };
}

/** Where a target's containers write, below which folder of the machine, and in which form. */
export const logsOf = {
  docker: { folder: '/var/lib/docker/containers', format: 'docker' },
  kubernetes: { folder: '/var/log', format: 'cri' },
} as const;

/**
 * The filebeat.yml, as JSON, which YAML contains. On a cluster it reads the containers of its environment's two namespaces;
 * on an engine, where a file's name says nothing, those of all.
 */
export function renderFilebeatConfig({ target, namespace }: Place, logstash: string): string {
  const { folder, format } = logsOf[target];
  const paths = {
    docker: [`${folder}/*/*-json.log`],
    kubernetes: [namespace, `${namespace}-agents`].map((name) => `${folder}/containers/*_${name}_*.log`),
  };
  const config: FilebeatConfig = {
    filebeat: {
      inputs: [
        {
          type: 'filestream',
          id: 'containers',
          paths: paths[target],
          parsers: [
            { container: { stream: 'all', format } },
            // What begins with a blank goes on with the line before: a statement, or where an error was thrown.
            { multiline: { type: 'pattern', pattern: '^[[:space:]]', negate: false, match: 'after' } },
          ],
          prospector: {
            scanner: {
              // A cluster's names are links.
              symlinks: target === 'kubernetes',
              // Of a file's beginning, which tells it from others: with the default of 1024 a short log is never read.
              fingerprint: { length: 64 },
            },
          },
          // A file that is rotated away is read to its end.
          close: { on_state_change: { removed: false } },
          clean_removed: false,
        },
      ],
    },
    output: { logstash: { hosts: [logstash] } },
    http: { enabled: true, host: '127.0.0.1', port: statusPort },
    // Its own metrics are lines of its log, which it reads as those of others: so each node has a line at least so often.
    logging: { level: 'info', to_stderr: true, metrics: { enabled: true, period: '30s' } },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
