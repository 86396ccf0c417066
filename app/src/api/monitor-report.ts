import { type Static, Type } from 'typebox';
import { Nullable } from './envelope';

const moment = Type.String({ format: 'date-time' });

/** What a product that watches itself tells of it. */
export const monitorReportSchema = Type.Object(
  {
    sampled_at: Nullable(moment),
    interval_seconds: Type.Number({ description: 'Seconds from one sample to the next' }),
    times: Type.Array(Type.Integer(), { description: 'When the values of lines were sampled, in seconds since 1970' }),
    lines: Type.Array(
      Type.Object({
        chart: Type.String({
          description: 'requests (a second), latency and oldest (seconds), errors (share), jobs, lag (trading days)',
        }),
        line: Type.String(),
        values: Type.Array(Nullable(Type.Number())),
      }),
    ),
    alerts: Type.Array(
      Type.Object({
        name: Type.String(),
        severity: Type.String(),
        summary: Type.String(),
        for_seconds: Type.Number({ description: 'For how long it is pending before it fires' }),
        runbook: Type.String({ description: 'Where the repository says what is to be done' }),
        state: Type.String({ enum: ['inactive', 'pending', 'firing'] }),
        cases: Type.Array(Type.Object({ state: Type.String(), since: moment, description: Type.String() })),
      }),
    ),
    elsewhere: Type.Array(Type.Object({ name: Type.String(), severity: Type.String(), summary: Type.String() }), {
      description: 'Alerts that rest on metrics of others, which Prometheus alone reads',
    }),
    left_out: Type.Array(Type.String(), {
      description: 'Metrics of which not all series are watched: there are too many',
    }),
  },
  { title: 'MonitorReport' },
);

type Report = Static<typeof monitorReportSchema>;
export type MonitorReport = { readonly [K in keyof Report]: Report[K] extends (infer T)[] ? readonly T[] : Report[K] };

/** Watches the product from within; the embedded one has it, a deployed one has Prometheus. */
export interface Monitor {
  report(): MonitorReport;
}
