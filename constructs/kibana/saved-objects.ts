import { type LogSearch, logSearches } from './log-searches';

/**
 * An object as Kibana imports it. `typeMigrationVersion` is the version of its form: a Kibana that is newer takes it on
 * from there, so it stays what it is.
 */
export interface SavedObject {
  readonly type: 'index-pattern' | 'search' | 'dashboard';
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly Reference[];
  readonly coreMigrationVersion: '8.8.0';
  readonly typeMigrationVersion: string;
}

interface Reference {
  readonly name: string;
  readonly type: SavedObject['type'];
  readonly id: string;
}

/** What is made in Kibana for an environment: where its logs are, the searches, and a page of them. */
export const savedObjects = (environment: string): SavedObject[] => [
  dataView(environment),
  ...logSearches.map((search) => savedSearch(search, environment)),
  logsPage(environment),
];

/** As a file to import: an object a line. */
export const renderSavedObjects = (objects: readonly SavedObject[]): string =>
  objects.map((object) => `${JSON.stringify(object)}\n`).join('');

/** Another environment may use the same Kibana. */
const idOf = (what: string, environment: string): string => `stock-${what}-${environment}`;

const coreMigrationVersion = '8.8.0';

const dataView = (environment: string): SavedObject => ({
  type: 'index-pattern',
  id: idOf('logs', environment),
  attributes: {
    title: `logs-stock.*-${environment}`,
    name: `Stock analysis: logs of ${environment}`,
    timeFieldName: '@timestamp',
  },
  references: [],
  coreMigrationVersion,
  typeMigrationVersion: '8.0.0',
});

const sourceReference = 'kibanaSavedObjectMeta.searchSourceJSON.index';

const savedSearch = (search: LogSearch, environment: string): SavedObject => ({
  type: 'search',
  id: idOf(search.id, environment),
  attributes: {
    title: `${search.title} (${environment})`,
    description: search.description,
    columns: search.columns,
    sort: [['@timestamp', search.order]],
    grid: {},
    hideChart: false,
    isTextBasedQuery: false,
    timeRestore: true,
    timeRange: { from: search.from, to: 'now' },
    kibanaSavedObjectMeta: searchSource({
      query: { language: 'kuery', query: search.condition.kql },
      filter: [],
      indexRefName: sourceReference,
    }),
  },
  references: [{ name: sourceReference, type: 'index-pattern', id: idOf('logs', environment) }],
  coreMigrationVersion,
  typeMigrationVersion: '10.5.0',
});

/** The grid of a page is 48 wide. */
const [panelWidth, panelHeight] = [48, 15];

/** One search below the other. */
const logsPage = (environment: string): SavedObject => ({
  type: 'dashboard',
  id: idOf('logs-page', environment),
  attributes: {
    title: `Stock analysis: logs of ${environment}`,
    description: 'Errors, slow queries, requests and failed logins.',
    timeRestore: true,
    timeFrom: 'now-24h',
    timeTo: 'now',
    optionsJSON: JSON.stringify({ useMargins: true, hidePanelTitles: false }),
    panelsJSON: JSON.stringify(logSearches.map(({ id }, index) => panel(id, index))),
    kibanaSavedObjectMeta: searchSource({ query: { language: 'kuery', query: '' }, filter: [] }),
  },
  references: logSearches.map(({ id }) => ({
    name: `${id}:panel_${id}`,
    type: 'search',
    id: idOf(id, environment),
  })),
  coreMigrationVersion,
  typeMigrationVersion: '10.2.0',
});

const panel = (id: string, index: number) => ({
  type: 'search',
  panelIndex: id,
  panelRefName: `panel_${id}`,
  gridData: { i: id, x: 0, y: index * panelHeight, w: panelWidth, h: panelHeight },
  embeddableConfig: {},
});

const searchSource = (source: object) => ({ searchSourceJSON: JSON.stringify(source) });
