import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  ConstantVariableBuilder,
  DashboardBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Dashboard } from '../workload/observations';

/** What every panel asks. The uid is fixed: a dashboard that names another one shows nothing. */
export const metricsSource = { type: 'prometheus', uid: 'prometheus' } as const;

/** Units as Grafana names them. */
export type Unit = 'reqps' | 'ops' | 's' | 'percentunit' | 'bytes' | 'short' | 'cps';

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

export type Panel = TimeSeriesBuilder | StatBuilder;

/** Lines over time, with the last and the greatest value of each. */
export function overTime(props: PanelProps): TimeSeriesBuilder {
  const legend = new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(['lastNotNull', 'max']);
  const panel = new TimeSeriesBuilder().legend(legend).axisSoftMin(0).fillOpacity(8);
  if (props.badFrom !== undefined) {
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return complete(panel, props).span(12);
}

/** The newest value as a number, its course behind it. */
export function now(props: PanelProps): StatBuilder {
  const panel = new StatBuilder().reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  return complete(panel, props).span(12);
}

/** A dashboard as Grafana reads it from a file; nobody edits it there, since it is made again from here. */
export function dashboard({ uid, title, description, environment, panels }: DashboardProps): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['stock-analysis'])
    .readonly()
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .withVariable(new ConstantVariableBuilder('environment').label('Environment').value(environment));
  for (const [index, panel] of panels.entries()) builder.withPanel(panel.id(index + 1));
  // As the file will hold it: without what is not said.
  return { uid, title, json: JSON.parse(JSON.stringify(builder.build())) };
}

function complete<P extends Panel>(
  panel: P,
  { title, description, unit, queries, badFrom, empty = 'no data' }: PanelProps,
): P {
  panel.title(title).description(description).unit(unit).height(8).datasource(metricsSource).noValue(empty);
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
