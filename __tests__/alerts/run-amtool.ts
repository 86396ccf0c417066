import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import production from '../../config/environments/production';
import { tiers } from '../../config/place';
import { renderAlertmanagerConfig } from '../../constructs/alertmanager/alertmanager-config';
import { type Alert, runbookOf } from '../../constructs/workload/observations';
import { goTool } from './go-tool';
import { routes, type Tier } from './routes';
import { watchedComponents } from './watched-components';

// Asks Alertmanager's own router, in amtool, where every alert goes in every tier, and compares that with routes.ts.
const amtool = goTool('amtool');
const alerts = watchedComponents.flatMap(({ alerts = [] }) => alerts);
const secrets = { smtpPassword: '/s', slackUrl: '/s', webhookUrl: '/s', heartbeatUrl: '/s' };
const config = JSON.parse(
  renderAlertmanagerConfig(
    {
      email: { smarthost: 'mail.test:587', from: 'a@mail.test', to: 'b@mail.test', username: 'a' },
      slack: { channel: '#alerts' },
      webhook: { format: 'wecom' },
      heartbeat: {},
    },
    secrets,
    alerts,
  ),
);

interface ConfigRoute {
  readonly matchers: readonly string[];
  readonly active_time_intervals?: readonly string[];
}

/** What 企业微信 takes of a text. */
const robotBytes = 2048;

/** The receiver that amtool's tree ends with, and the hours of the route that leads there. */
function routeOf({ name, severity }: Alert, tier: Tier, file: string, configured: readonly ConfigRoute[]): string {
  const labels = [`alertname=${name}`, `severity=${severity}`, `tier=${tier}`];
  const { stdout, stderr, status, error } = spawnSync(
    amtool,
    ['config', 'routes', 'test', `--config.file=${file}`, '--tree', ...labels],
    { encoding: 'utf8' },
  );
  if (error || status !== 0) throw new Error(`${amtool}: ${error?.message ?? stderr}`);
  const matched = [...stdout.matchAll(/(\{.*\}|default-route)\s+receiver: (\S+)/g)];
  return matched
    .map(([, matchers, receiver]) => {
      const route = configured.find((each) => `{${each.matchers.join(',')}}` === matchers);
      return `${receiver}, ${route?.active_time_intervals?.join() ?? 'always'}`;
    })
    .join(' and ');
}

/** What does not go where routes.ts says, a line each, as it is found. */
function* misrouted(folder: string, configured: readonly ConfigRoute[]): Generator<string> {
  const file = join(folder, 'alertmanager.json');
  writeFileSync(file, JSON.stringify({ ...config, route: { ...config.route, routes: configured } }));
  for (const alert of alerts) {
    const rows = routes.filter(({ alerts }) => alerts.includes(alert.name));
    for (const tier of tiers) {
      const wanted = rows.map((row) => row[tier]).join(' and ') || 'not in the table';
      const found = routeOf(alert, tier, file, configured);
      if (found !== wanted) yield `${alert.name} in ${tier}: ${found}; routes.ts: ${wanted}`;
    }
  }
}

/** The text of a robot's message about as many series of one alert as there may be, as Alertmanager words it. */
function robotMessage(folder: string, { name, summary, description }: Alert): string {
  const told = {
    status: 'firing',
    startsAt: '2026-11-26T03:00:00Z',
    labels: {},
    annotations: {
      summary,
      description,
      runbook_url: `${production.observability?.repository}/${runbookOf({ name })}`,
    },
  };
  const data = join(folder, 'data.json');
  const empty = join(folder, 'empty.tmpl');
  writeFileSync(empty, '');
  writeFileSync(
    data,
    JSON.stringify({
      status: 'firing',
      groupLabels: { alertname: name },
      commonLabels: { environment: production.name },
      alerts: Array.from({ length: 100 }, () => told),
    }),
  );
  const { content } = config.receivers[0].webhook_configs[0].payload.text;
  const words = ['template', 'render', `--template.glob=${empty}`, `--template.data=${data}`];
  const { stdout, stderr, status } = spawnSync(amtool, [...words, `--template.text=${content}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${amtool}: ${stderr}`);
  return stdout;
}

const folder = mkdtempSync(join(tmpdir(), 'routes-'));
try {
  const configured: readonly ConfigRoute[] = config.route.routes;
  const wrong = [...misrouted(folder, configured)];
  if (wrong.length > 0) throw new Error(`alerts that do not go where routes.ts says:\n${wrong.join('\n')}`);
  // The comparison finds each route that is lost.
  for (const lost of configured) {
    const found = misrouted(
      folder,
      configured.filter((route) => route !== lost),
    );
    if (found.next().done) throw new Error(`no alert of routes.ts needs the route of ${lost.matchers.join()}`);
  }
  for (const alert of alerts) {
    const message = robotMessage(folder, alert);
    if (Buffer.byteLength(message) > robotBytes || !message.includes(alert.summary)) {
      throw new Error(
        `${alert.name}: a robot's message of ${Buffer.byteLength(message)} bytes, allowed: ${robotBytes}, with the summary:\n${message}`,
      );
    }
  }
  console.log(`${alerts.length} alerts go where routes.ts says in ${tiers.length} tiers, and by each route there is`);
} finally {
  rmSync(folder, { recursive: true });
}
