import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CertificateAuthority } from '../../app/test/support/certificates';
import { Child, type Cleanup } from '../../bench/child';
import { freePort } from '../../bench/ports';
import { environmentByName } from '../../config/environments';
import { renderAlertmanagerConfig } from '../../constructs/alertmanager/alertmanager-config';
import { nodeExporterAlerts } from '../../constructs/exporters/node-exporter-alerts';
import { type Job, renderPrometheusConfig, rulesFile } from '../../constructs/prometheus/prometheus-config';
import { textsOf } from '../../constructs/workload/files';
import type { Alert } from '../../constructs/workload/observations';
import { Workload } from '../../constructs/workload/workload';
import { withSystem } from '../../stacks/system';
import { type RedisName, roleNames, type ServerName, type System } from '../faults/system';
import { localGateway } from '../local-gateway';
import type { Case } from './cases';
import { mailUser, Receivers } from './receivers';

const programs = [
  'prometheus',
  'alertmanager',
  'postgres_exporter',
  'redis_exporter',
  'blackbox_exporter',
  'node_exporter',
  'nginx-prometheus-exporter',
] as const;
type Program = (typeof programs)[number];

/** What production's Prometheus and Alertmanager are given. */
interface Given {
  rules: Rules;
  alerts: readonly Alert[];
}

const others = ['cache', 'queue', 'gateway', 'gatewayStatus'] as const;
type Ports = Record<Program | (typeof others)[number], number>;
type Start = (name: string, program: Program, args: string[], env?: Record<string, string>) => Child;

/** How the exporter of a server is started. */
interface ServerExporter {
  program: Program;
  args: string[];
  env: Record<string, string>;
}

const environmentName = 'production';
const mailPassword = 'of-the-mail-server';
const readySeconds = 60;
/** In production, how long the exporter of a Redis waits for it. */
const exporterSeconds = 5;
const asideAlerts = ['Watchdog', ...nodeExporterAlerts.map(({ name }) => name)];

interface Rules {
  groups: { name: string; rules: { alert?: string; expr: string; for?: string }[] }[];
}

/** What stands in the expressions of alerts, and what is to stand there. */
export type Shortened = Pick<Case, 'alerts' | 'shortened'>;

/** Ports of metrics by component: what keeps copies of a database, what watches logs. */
export type Beside = Readonly<{ backup?: number; 'log-watch'?: number }>;

/** How fast what is watched is asked, and how soon it is told: production's rules are too slow to wait for. */
export interface Pace {
  scrapeSeconds: number;
  /** How long an alert is pending at most. */
  longestForSeconds: number;
  /** How far back a rate looks at most. @default - as far as in production */
  longestRangeSeconds?: number;
}

export interface Target {
  health: 'up' | 'down' | 'unknown';
  labels: Record<string, string>;
  lastError: string;
}

export interface Firing {
  name: string;
  severity: string;
  description: string;
}

/** Prometheus with the rules of production, Alertmanager with its routes, and the exporters, beside a system they watch. */
export class Watchers {
  readonly receivers: Receivers;
  readonly #rules: Rules;
  readonly #alerts: readonly Alert[];
  readonly #ports: Ports;
  readonly #folder: string;
  readonly #start: Start;
  readonly #pace: Pace;
  readonly #serverExporters = new Map<ServerName, { child: Child; given: string }>();

  private constructor(
    folder: string,
    ports: Record<string, number>,
    receivers: Receivers,
    { rules, alerts }: Given,
    pace: Pace,
    start: Start,
  ) {
    this.#folder = folder;
    this.#pace = pace;
    this.#ports = ports as Ports;
    this.receivers = receivers;
    this.#rules = rules;
    this.#alerts = alerts;
    this.#start = start;
  }

  /**
   * @param beside ports of metrics of what else is watched, by its component; without `backup`, nothing is told of copies
   * @param programsFolder where the programs are
   */
  static async start(
    system: System,
    beside: Beside,
    programsFolder: string,
    pace: Pace,
    cleanup: Cleanup,
  ): Promise<Watchers> {
    for (const program of programs) {
      const file = path.join(programsFolder, program);
      if (!existsSync(file)) throw new Error(`${file} is not there; put ${programs.join(', ')} into one folder`);
    }
    const folder = path.join(system.folder, 'watchers');
    mkdirSync(folder);
    const authority = new CertificateAuthority('alerts');
    const receivers = await Receivers.open(authority.issue(['127.0.0.1']), mailPassword);
    cleanup.add(() => receivers.close());
    const authorityFile = path.join(folder, 'authority.pem');
    writeFileSync(authorityFile, authority.certificate);
    const ports = Object.fromEntries(
      await Promise.all([...programs, ...others].map(async (name) => [name, await freePort()] as const)),
    );
    const start: Start = (name, program, args, env = {}) => {
      const logFile = path.join(folder, `${name}.log`);
      const variables = { SSL_CERT_FILE: authorityFile, ...env };
      const child = new Child(name, path.join(programsFolder, program), args, { env: variables, logFile });
      cleanup.add(() => child.stop());
      return child;
    };
    const watchers = new Watchers(
      folder,
      ports,
      receivers,
      productionRules(pace, beside.backup !== undefined),
      pace,
      start,
    );
    await watchers.#startGateway(system, cleanup);
    watchers.#startExporters(system);
    await watchers.#startAlertmanager();
    await watchers.#startPrometheus(system, beside);
    return watchers;
  }

  /** For a look at what it has stored. */
  get prometheusUrl(): string {
    return `http://127.0.0.1:${this.#ports.prometheus}`;
  }

  /** Where people would reach the API. */
  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.#ports.gateway}`;
  }

  async #startGateway(system: System, cleanup: Cleanup): Promise<void> {
    const { gateway: port, gatewayStatus: status } = this.#ports;
    const { args, logFile } = localGateway(this.#folder, system.ports.http, {
      port,
      statusAddress: `127.0.0.1:${status}`,
    });
    const child = new Child('nginx', 'nginx', args, { logFile });
    cleanup.add(() => child.stop());
    await child.until(async () => (await fetch(`${this.gatewayUrl}/healthz`)).ok, readySeconds, 200);
  }

  #startExporters(system: System): void {
    for (const name of ['postgres', 'cache', 'queue'] as const) this.#startServerExporter(system, name);
    const modules = { health: { prober: 'http', timeout: '5s' } };
    const blackbox = this.#write('blackbox.yml', JSON.stringify({ modules }));
    const listen = (program: Program) => `--web.listen-address=127.0.0.1:${this.#ports[program]}`;
    this.#start('blackbox-exporter', 'blackbox_exporter', [`--config.file=${blackbox}`, listen('blackbox_exporter')]);
    this.#start('node-exporter', 'node_exporter', [listen('node_exporter')]);
    const status = `--nginx.scrape-uri=http://127.0.0.1:${this.#ports.gatewayStatus}/stub_status`;
    this.#start('nginx-exporter', 'nginx-prometheus-exporter', [listen('nginx-prometheus-exporter'), status]);
  }

  #startServerExporter(system: System, name: ServerName): void {
    const { program, args, env } = this.#serverExporter(system, name);
    const child = this.#start(`${name}-exporter`, program, args, env);
    this.#serverExporters.set(name, { child, given: JSON.stringify(env) });
  }

  /** Exporters whose server is elsewhere now, or has another password, are started again with what is so. */
  async follow(system: System): Promise<void> {
    for (const [name, { child, given }] of this.#serverExporters) {
      if (given === JSON.stringify(this.#serverExporter(system, name).env)) continue;
      await child.stop();
      this.#startServerExporter(system, name);
    }
  }

  #serverExporter(system: System, name: ServerName): ServerExporter {
    if (name !== 'postgres') {
      const env = {
        REDIS_EXPORTER_WEB_LISTEN_ADDRESS: `127.0.0.1:${this.#ports[name]}`,
        REDIS_ADDR: `redis://127.0.0.1:${system.ports[name]}`,
        REDIS_PASSWORD: system.password(name),
      };
      // It says that Redis is down before it counts as not answering itself.
      const seconds = Math.min(exporterSeconds, this.#pace.scrapeSeconds - 1);
      return { program: 'redis_exporter', args: [`--connection-timeout=${seconds}s`], env };
    }
    const database = new URL(system.postgres.url('faults'));
    const env = {
      DATA_SOURCE_URI: `${database.host}/faults?sslmode=disable&connect_timeout=5`,
      DATA_SOURCE_USER: database.username,
      DATA_SOURCE_PASS: system.postgres.password,
      PG_EXPORTER_COLLECTION_TIMEOUT: '8s',
    };
    const args = [`--web.listen-address=127.0.0.1:${this.#ports.postgres_exporter}`];
    return { program: 'postgres_exporter', args, env };
  }

  async #startAlertmanager(): Promise<void> {
    const web = `http://127.0.0.1:${this.receivers.webPort}`;
    const config = renderAlertmanagerConfig(
      {
        email: {
          smarthost: `127.0.0.1:${this.receivers.mailPort}`,
          from: 'alerts@example.com',
          to: 'people@example.com',
          username: mailUser,
        },
        webhook: { format: 'wecom' },
        heartbeat: {},
      },
      {
        smtpPassword: this.#write('smtp-password', mailPassword),
        slackUrl: this.#write('slack-url', web),
        webhookUrl: this.#write('webhook-url', `${web}/webhook`),
        heartbeatUrl: this.#write('heartbeat-url', `${web}/heartbeat`),
      },
      this.#alerts,
    );
    const child = this.#start('alertmanager', 'alertmanager', [
      `--config.file=${this.#write('alertmanager.yml', JSON.stringify({ ...JSON.parse(config), ...alwaysAttended }))}`,
      `--storage.path=${path.join(this.#folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${this.#ports.alertmanager}`,
      '--cluster.listen-address=',
    ]);
    await child.until(isReady(this.#ports.alertmanager), readySeconds, 200);
  }

  async #startPrometheus(system: System, beside: Beside): Promise<void> {
    const config = renderPrometheusConfig({
      labels: { environment: environmentName, tier: 'production' },
      jobs: this.#jobs(system, beside),
      alertmanagers: [{ address: `127.0.0.1:${this.#ports.alertmanager}`, path: '/' }],
    });
    const { global, ...rest } = JSON.parse(config);
    const paced = JSON.stringify({
      global: { ...global, evaluation_interval: `${this.#pace.scrapeSeconds}s` },
      ...rest,
    });
    this.#write(rulesFile, JSON.stringify(this.#rules));
    const child = this.#start('prometheus', 'prometheus', [
      `--config.file=${this.#write('prometheus.yml', paced)}`,
      `--storage.tsdb.path=${path.join(this.#folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${this.#ports.prometheus}`,
      '--web.enable-lifecycle',
    ]);
    await child.until(isReady(this.#ports.prometheus), readySeconds, 200);
  }

  /**
   * Gives Prometheus the rules with other limits in the expressions of some alerts, until it is called again.
   *
   * @throws Error when no such limit stands in one of them: the rule was changed
   */
  async shorten(...all: readonly Shortened[]): Promise<void> {
    const rules = structuredClone(this.#rules);
    for (const { alerts, shortened = {} } of all) {
      const chosen = rules.groups.flatMap((group) => group.rules).filter(({ alert = '' }) => alerts.includes(alert));
      for (const [text, shorter] of Object.entries(shortened)) {
        const found = chosen.filter(({ expr }) => expr.includes(text));
        if (found.length === 0) throw new Error(`'${text}' does not stand in the expression of ${alerts.join(', ')}`);
        for (const rule of found) rule.expr = rule.expr.replaceAll(text, shorter);
      }
    }
    this.#write(rulesFile, JSON.stringify(rules));
    const answer = await fetch(`http://127.0.0.1:${this.#ports.prometheus}/-/reload`, { method: 'POST' });
    if (!answer.ok) throw new Error(`Prometheus does not take the rules: ${await answer.text()}`);
  }

  #jobs(system: System, beside: Beside): Job[] {
    const job = (name: string, component: string, port: number, rest: Partial<Job> = {}): Job => ({
      ...{ name, component, port: 'metrics', intervalSeconds: this.#pace.scrapeSeconds },
      ...{ instances: { address: `127.0.0.1:${port}` }, ...rest },
    });
    const redis = (name: RedisName) => job('redis-exporter', name, this.#ports[name]);
    return [
      ...roleNames.map((role) => job(`stock-analysis-${role}`, role, system.ports[role])),
      ...Object.entries(beside).map(([component, port]) => job(component, component, port)),
      job('postgres-exporter', 'postgres', this.#ports.postgres_exporter),
      redis('cache'),
      redis('queue'),
      job('node-exporter', 'node-exporter', this.#ports.node_exporter),
      job('prometheus', 'prometheus', this.#ports.prometheus),
      job('alertmanager', 'alertmanager', this.#ports.alertmanager),
      job('nginx-exporter', 'gateway', this.#ports['nginx-prometheus-exporter']),
      job('blackbox-exporter', 'gateway', this.#ports.blackbox_exporter, {
        path: '/probe',
        parameters: { module: 'health', target: `${this.gatewayUrl}/health` },
      }),
    ];
  }

  #write(name: string, content: string): string {
    const file = path.join(this.#folder, name);
    writeFileSync(file, content);
    return file;
  }

  async targets(): Promise<Target[]> {
    const { activeTargets } = await this.#ask<{ activeTargets: Target[] }>('targets?state=active');
    return activeTargets;
  }

  /** What fires now, but for the Watchdog, and for what is told of this machine itself, such as of a disk that others fill. */
  async firing(): Promise<Firing[]> {
    const { alerts } = await this.#ask<{
      alerts: { state: string; labels: Record<string, string>; annotations: Record<string, string> }[];
    }>('alerts');
    return alerts
      .filter(({ state, labels }) => state === 'firing' && !asideAlerts.includes(`${labels.alertname}`))
      .map(({ labels, annotations }) => ({
        name: `${labels.alertname}`,
        severity: `${labels.severity}`,
        description: `${annotations.description}`,
      }));
  }

  async #ask<T>(what: string): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.prometheus}/api/v1/${what}`);
    const { data, error } = (await answer.json()) as { data: T; error?: string };
    if (error) throw new Error(`Prometheus: ${error}`);
    return data;
  }
}

/** Every hour is an office hour: warnings are told whenever this is run. */
const alwaysAttended = {
  time_intervals: [{ name: 'attended', time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }] }],
};

const isReady = (port: number) => async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok;

/** @param isKept whether copies are kept, of which there is something to tell */
function productionRules(pace: Pace, isKept: boolean): Given {
  const { texts, alerts } = withSystem(environmentByName(environmentName), ({ environment }) => ({
    texts: environment.all(Workload).flatMap(({ files }) => Object.entries(textsOf(files))),
    alerts: environment.observations.all.flatMap(({ alerts = [] }) => alerts),
  }));
  const [, text] = texts.find(([path]) => path.endsWith(rulesFile)) ?? [];
  if (!text) throw new Error(`${environmentName} has no ${rulesFile}`);
  const rules = JSON.parse(text) as Rules;
  const groups = rules.groups.filter(({ name }) => isKept || name !== 'backup');
  for (const rule of groups.flatMap((group) => group.rules)) hasten(rule, pace);
  return { rules: { groups }, alerts };
}

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

function hasten(
  rule: Rules['groups'][number]['rules'][number],
  { longestForSeconds, longestRangeSeconds = Number.POSITIVE_INFINITY }: Pace,
): void {
  if (rule.for) rule.for = `${Math.min(Number.parseInt(rule.for, 10), longestForSeconds)}s`;
  rule.expr = rule.expr.replaceAll(/\[(\d+)([smhd])\]/g, (asItIs, count, unit: keyof typeof secondsOf) =>
    Number(count) * secondsOf[unit] > longestRangeSeconds ? `[${longestRangeSeconds}s]` : asItIs,
  );
}
