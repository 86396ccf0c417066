import type { Construct } from 'constructs';
import type { ClusterAccess } from './cluster-access';
import type { Peer } from './peer';

/** Where metrics of a component are read, by whatever does so. */
export interface Scrape {
  /** Label `job` of all that is read there. @default - the component's name */
  readonly job?: string;
  /** Whose pods or container. */
  readonly peer: Peer;
  /** Name of the port. */
  readonly port: string;
  /** @default '/metrics' */
  readonly path?: string;
  /** What is asked for, where one exporter answers for several: the query of the URL. @default - none */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Whether labels that the metrics bring, such as `namespace`, say whom they are about, and not who is asked. @default false */
  readonly keepsLabels?: boolean;
  /** Samples that are kept: a label, `__name__` for the metric's name, to the whole of what it may be, as a regular expression. @default - all */
  readonly kept?: Readonly<Record<string, string>>;
  /** @default - whoever reaches the port is answered, over HTTP */
  readonly guard?: Guard;
  readonly intervalSeconds: number;
}

/** What answers over TLS, and only those whom the cluster has given the right to ask. */
export interface Guard {
  /** The right that whoever reads it needs. */
  readonly access: ClusterAccess;
  readonly certificates: Certificates;
}

/** What certificates are checked with: the CA of the cluster, CAs in PEM, or nothing where each has signed its own. */
export type Certificates =
  | { readonly signedBy: 'cluster' }
  | { readonly signedBy: 'others'; readonly ca: string }
  | { readonly signedBy: 'themselves' };

/** A condition that somebody is to be told of. */
export interface Alert {
  readonly name: string;
  /** PromQL; true for every series it gives. */
  readonly expression: string;
  /** How long it has to be true. */
  readonly forSeconds: number;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly summary: string;
  /** With the value and its unit. */
  readonly description: string;
  /** Names of alerts that only say the same, less urgently: they are not sent while this one fires for the same thing. @default - none */
  readonly explains?: readonly string[];
}

/** Where the repository keeps what is to be done about an alert, which its runbook_url ends with. */
export const runbookOf = ({ name }: Pick<Alert, 'name'>): string => `docs/runbooks/${name}.md`;

/** An expression whose result is kept as a series of its own. */
export interface Recording {
  /** Name of the series, as level:metric:operation. */
  readonly name: string;
  /** PromQL. */
  readonly expression: string;
}

/** Where a page of panels leads to. */
export interface Links {
  /** URL below which the repository's files can be read. */
  readonly repository: string;
  /** URL of the search of logs. @default - none are kept */
  readonly logs?: string | undefined;
}

/** A page of panels. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  /** Grafana's dashboard JSON. */
  readonly json: (links: Links) => Readonly<Record<string, unknown>>;
}

/** Makes what tells a component's metrics in its place, in the stack of whoever watches, and records where they are read. */
export type MakeExporter = (watcher: Construct) => void;

/** What is to be seen of a component. */
export interface Observed {
  readonly component: string;
  readonly scrapes?: readonly Scrape[];
  readonly exporters?: readonly MakeExporter[];
  readonly recordings?: readonly Recording[];
  readonly alerts?: readonly Alert[];
  /** Names of the volumes that the alerts tell of when they are full, so that nobody else does. @default - none */
  readonly watchedVolumes?: readonly string[];
  readonly dashboards?: readonly Dashboard[];
}

/** What all components of an environment want to be seen, as data: whoever watches gathers it and knows no component. */
export class Observations {
  private readonly recorded: Observed[] = [];

  record(observed: Observed): void {
    this.recorded.push(observed);
  }

  /** Sorted by component. */
  get all(): readonly Observed[] {
    return [...this.recorded].sort((a, b) => (a.component < b.component ? -1 : 1));
  }
}
