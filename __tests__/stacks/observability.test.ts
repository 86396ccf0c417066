import type { EnvironmentConfig } from '../../config/environment';
import { defineEnvironment } from '../../config/environment';
import { environmentByName, environmentNames } from '../../config/environments';
import dev from '../../config/environments/dev';
import { minReplicas } from '../../config/fields';
import { textsOf } from '../../constructs/workload/files';
import { Workload } from '../../constructs/workload/workload';
import { addSystem, type System } from '../../stacks/system';
import { changed } from '../config/changed';
import { environmentSystem, synthesized } from '../synthesized';

const everywhere = environmentNames.map((name) => [name] as const);
const workloadsOf = ({ environment }: Pick<System, 'environment'>) => environment.all(Workload);
const named = (system: Pick<System, 'environment'>, component: string) =>
  workloadsOf(system).find((workload) => workload.component === component) as Workload;
const fileOf = (workload: Workload, path: string): string => textsOf(workload.files)[path] ?? '';
const systemWith = (values: Record<string, unknown>): System => {
  let system: System | undefined;
  synthesized((app) => {
    system = addSystem(app, defineEnvironment(changed(dev, values)));
  });
  return system as System;
};

test.each(everywhere)('in %s, Grafana shows each dashboard that a component recorded', (name) => {
  const { environment } = environmentSystem(name);
  const recorded = environment.observations.all.flatMap(({ dashboards = [] }) => dashboards);
  const shown = Object.keys(named({ environment }, 'grafana').files).filter((path) => path.startsWith('dashboards/'));
  expect(shown.length).toBeGreaterThan(6);
  expect(shown).toEqual(recorded.map(({ uid }) => `dashboards/${uid}.json`).sort());
});

test.each(everywhere)('in %s, people reach web interfaces through the gateway unless it is production', (name) => {
  const config = fileOf(named(environmentSystem(name), 'gateway'), 'nginx.conf');
  const paths = [...config.matchAll(/location (\/(?:prometheus|alertmanager|grafana)\/)/g)].map(([, path]) => path);
  expect(paths).toEqual(name === 'production' ? [] : ['/prometheus/', '/alertmanager/', '/grafana/']);
});

test('Prometheus reads itself and Alertmanager, and tells it of alerts, below their paths', () => {
  const config = JSON.parse(fileOf(named(environmentSystem('dev'), 'prometheus'), 'prometheus/prometheus.yml'));
  const paths = config.scrape_configs.map((job: { job_name: string; metrics_path: string }) => [
    job.job_name,
    job.metrics_path,
  ]);
  expect(paths).toEqual(
    expect.arrayContaining([
      ['prometheus/prometheus', '/prometheus/metrics'],
      ['alertmanager/alertmanager', '/alertmanager/metrics'],
    ]),
  );
  expect(config.alerting.alertmanagers).toEqual([
    {
      path_prefix: '/alertmanager/',
      static_configs: [{ targets: ['stock-analysis-alertmanager:9093'] }],
    },
  ]);
});

test('links in messages lead to where people are, with and without the gateway', () => {
  const urls = (name: string) =>
    ['prometheus', 'alertmanager'].map((component) =>
      named(environmentSystem(name), component).props.command?.find((word) => word.startsWith('--web.external-url=')),
    );
  expect(urls('staging')).toEqual([
    '--web.external-url=https://staging.stockanalysis.com/prometheus/',
    '--web.external-url=https://staging.stockanalysis.com/alertmanager/',
  ]);
  expect(urls('production')).toEqual([
    '--web.external-url=http://localhost:9090/prometheus/',
    '--web.external-url=http://localhost:9093/alertmanager/',
  ]);
});

test('without Grafana the others are watched, shown and told of as before', () => {
  const system = systemWith({ 'observability.grafana': undefined });
  expect(named(system, 'grafana')).toBeUndefined();
  expect(fileOf(named(system, 'gateway'), 'nginx.conf')).toContain('location /prometheus/');
});

const memoryOf = ({ props, companion }: Workload): number => {
  const replicas = props.kind === 'service' ? minReplicas(props.scale) : 1;
  return replicas * (props.memoryMiB + (companion?.memoryMiB ?? 0));
};

test.each(['dev', 'local'])(
  'without logging, what %s is configured with fits a machine of 4 GiB, its exporters too',
  (name) => {
    const config: EnvironmentConfig = environmentByName(name);
    expect(config.logging).toBeUndefined();
    const configured = [...Object.keys(config), ...Object.keys(config.observability ?? {})];
    const total = workloadsOf(environmentSystem(name))
      .filter(({ component, props }) => configured.includes(component) || props.purpose === 'exporter')
      .reduce((sum, workload) => sum + memoryOf(workload), 0);
    expect(total).toBeGreaterThan(2048);
    expect(total).toBeLessThanOrEqual(4096);
  },
);
