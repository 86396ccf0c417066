import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardLinkBuilder,
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Dashboard, type Links, runbookOf } from '../workload/observations';

/** What every panel asks. The uid is fixed: a dashboard that names another one shows nothing. */
export const metricsSource = { type: 'prometheus', uid: 'prometheus' } as const;

/** Units as Grafana names them. */
export type Unit = 'reqps' | 'ops' | 's' | 'percentunit' | 'bytes' | 'short' | 'cps' | 'Bps';

export interface Query {
  /** PromQL; a rate is taken over `[$__rate_interval]`. */
  readonly expression: string;
  readonly legend: string;
}

export interface PanelProps {
  readonly title: string;
  /** What it shows and what is good. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly [Query, ...Query[]];
  /** From here on it is bad, and drawn in red. @default - no value is bad by itself */
  readonly badFrom?: number;
  /** Names of the alerts that are told of it: it leads to what is to be done about each. @default - none */
  readonly alerts?: readonly string[];
  /** Said where there is nothing to show. @default 'no data' */
  readonly empty?: string;
}

export interface DashboardProps {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Name of the environment it is about. */
  readonly environment: string;
  readonly panels: readonly Panel[];
}

type Builder = TimeSeriesBuilder | StatBuilder;

export type Panel = (links: Links) => Builder;

/** Lines over time, with the last and the greatest value of each; where there is room for some, the highest. */
export const overTime =
  (props: PanelProps): Panel =>
  (links) => {
    const legend = new VizLegendOptionsBuilder()
      .displayMode(LegendDisplayMode.Table)
      .placement(LegendPlacement.Bottom)
      .showLegend(true)
      .calcs(['lastNotNull', 'max'])
      // As Grafana names the first of these.
      .sortBy('Last *')
      .sortDesc(true);
    const panel = new TimeSeriesBuilder().legend(legend).axisSoftMin(0).fillOpacity(8);
    if (props.badFrom !== undefined) {
      panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
      // How much of a share is left is seen only beside where it is bad.
      if (props.unit === 'percentunit') panel.axisSoftMax(props.badFrom);
    }
    return complete(panel, props, links);
  };

/** The newest value as a number, its course behind it. */
export const now =
  (props: PanelProps): Panel =>
  (links) =>
    complete(
      new StatBuilder()
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
        .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds)),
      props,
      links,
    );

/** A dashboard as Grafana reads it from a file; nobody edits it there, since it is made again from here. */
export const dashboard = (props: DashboardProps): Dashboard => ({
  uid: props.uid,
  title: props.title,
  json: (links) => render(props, links),
});

function render({ uid, title, description, environment, panels }: DashboardProps, links: Links) {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['stock-analysis', environment])
    .readonly()
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' });
  if (links.logs) builder.link(leadingTo('Logs', links.logs));
  for (const [index, panel] of panels.entries()) builder.withPanel(panel(links).id(index + 1));
  // As the file will hold it: without what is not said.
  return JSON.parse(JSON.stringify(builder.build()));
}

const leadingTo = (title: string, url: string) => new DashboardLinkBuilder(title).url(url).targetBlank(true);

function complete<B extends Builder>(
  panel: B,
  { title, description, unit, queries, badFrom, alerts = [], empty = 'no data' }: PanelProps,
  { repository }: Links,
): B {
  panel.title(title).description(description).unit(unit).height(8).span(12).datasource(metricsSource).noValue(empty);
  panel.links(alerts.map((name) => leadingTo(name, `${repository}/${runbookOf({ name })}`)));
  panel.thresholds(
    new ThresholdsConfigBuilder()
      .mode(ThresholdsMode.Absolute)
      .steps([{ value: null, color: 'green' }, ...(badFrom === undefined ? [] : [{ value: badFrom, color: 'red' }])]),
  );
  for (const [index, { expression, legend }] of queries.entries()) {
    const query = new DataqueryBuilder().datasource(metricsSource).refId(String.fromCharCode(65 + index));
    panel.withTarget(query.expr(expression).legendFormat(legend));
  }
  return panel;
}
