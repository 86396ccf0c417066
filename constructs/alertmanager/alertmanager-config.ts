import type { Alert } from '../workload/observations';
import { holidayAlert } from './alerts';

/** Whom alerts are sent to, each where it is wanted. */
export interface Notifications {
  readonly email?: Email;
  /** A channel; where it is posted to is a secret. */
  readonly slack?: { readonly channel: string };
  /** A URL that takes Alertmanager's own JSON, or the message of a group robot. */
  readonly webhook?: { readonly format: WebhookFormat };
  /** A URL that is called as long as alerts can be sent at all. */
  readonly heartbeat?: object;
}

export interface Email {
  /** Host and port of the server that takes the mail. */
  readonly smarthost: string;
  readonly from: string;
  readonly to: string;
  readonly username: string;
}

/** Alertmanager's own, or that of a robot of a group in 企业微信 or 钉钉. */
export type WebhookFormat = 'alertmanager' | 'wecom' | 'dingtalk';

/** Where the texts are that nobody may see. */
export interface SecretPaths {
  readonly smtpPassword: string;
  readonly slackUrl: string;
  readonly webhookUrl: string;
  readonly heartbeatUrl: string;
}

/**
 * When somebody looks at what can wait: in Shanghai, with an hour on either side of the exchanges' hours. Holidays are
 * weekdays here: which days they are is announced once a year and loaded into the database, whose calendar an alert tells of.
 */
const attended = {
  name: 'attended',
  time_intervals: [
    {
      weekdays: ['monday:friday'],
      times: [{ start_time: '08:30', end_time: '18:00' }],
      location: 'Asia/Shanghai',
    },
  ],
};

const watchdog = 'alertname="Watchdog"';
const holiday = `alertname="${holidayAlert}"`;

/** The alertmanager.yml. JSON is YAML too. */
export const renderAlertmanagerConfig = (
  notifications: Notifications,
  paths: SecretPaths,
  alerts: readonly Alert[],
  hasProxy = false,
): string =>
  `${JSON.stringify(
    {
      ...(hasProxy && { global: { http_config: { proxy_from_environment: true } } }),
      route: {
        // The manual's grouping (4.4).
        group_by: ['alertname'],
        group_wait: '10s',
        group_interval: '10s',
        repeat_interval: '1h',
        receiver: 'people',
        routes: [
          { matchers: [watchdog], receiver: 'heartbeat', repeat_interval: '1m' },
          { matchers: [holiday], receiver: 'nobody' },
          // Nobody is woken for an environment without customers, and nobody gets mail from it.
          { matchers: ['tier!="production"'], receiver: 'chat', active_time_intervals: [attended.name] },
          { matchers: ['severity="warning"'], receiver: 'people', active_time_intervals: [attended.name] },
        ],
      },
      receivers: [
        { name: 'people', ...email(notifications, paths), ...chat(notifications, paths) },
        { name: 'chat', ...chat(notifications, paths) },
        { name: 'heartbeat', ...heartbeat(notifications, paths) },
        { name: 'nobody' },
      ],
      inhibit_rules: [...alerts.filter(({ explains }) => explains).map(inhibition), ...whatWaitsOnHolidays],
      time_intervals: [attended],
    },
    null,
    2,
  )}\n`;

/** What two alerts of the same thing have in common; a label that neither has is one. */
const sameThing = ['environment', 'instance', 'device', 'namespace', 'deployment', 'persistentvolumeclaim'];

/** One message of a fault, the most urgent. */
const inhibition = ({ name, explains = [] }: Alert) => ({
  source_matchers: [`alertname="${name}"`],
  target_matchers: [`alertname=~"${explains.join('|')}"`],
  equal: sameThing,
});

/** On a holiday, what is told in the hours of the exchanges otherwise; a wait over long ones is broken by an hour of each. */
const whatWaitsOnHolidays = [
  ['severity="warning"'],
  ['tier!="production"', `alertname!~"Watchdog|${holidayAlert}"`],
].map((target_matchers) => ({ source_matchers: [holiday], target_matchers, equal: ['environment'] }));

const title = '[{{ .Status | toUpper }}] {{ .CommonLabels.environment }}: {{ .GroupLabels.alertname }}';

const alertText = [
  '',
  'Alert: {{ .Annotations.summary }}',
  'Description: {{ .Annotations.description }}',
  'Since: {{ .StartsAt.Format "2006-01-02 15:04:05 MST" }}',
  'Runbook: {{ .Annotations.runbook_url }}',
  '',
].join('\n');
const body = `{{ range .Alerts }}${alertText}{{ end }}`;

const email = ({ email }: Notifications, { smtpPassword }: SecretPaths) =>
  email && {
    email_configs: [
      {
        to: email.to,
        from: email.from,
        smarthost: email.smarthost,
        auth_username: email.username,
        auth_password_file: smtpPassword,
        require_tls: true,
        headers: { Subject: title },
        text: body,
        // The default is a page of another style; the same words are enough.
        html: '<pre>{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n<a href="{{ .Annotations.runbook_url }}">runbook</a>\n\n{{ end }}</pre>',
        send_resolved: true,
      },
    ],
  };

const chat = ({ slack, webhook }: Notifications, { slackUrl, webhookUrl }: SecretPaths) => ({
  ...(slack && {
    slack_configs: [{ channel: slack.channel, api_url_file: slackUrl, title, text: body, send_resolved: true }],
  }),
  ...(webhook && {
    webhook_configs: [{ url_file: webhookUrl, send_resolved: true, ...payloads[webhook.format] }],
  }),
});

/** A robot of 企业微信 takes 2048 bytes; a longer text it refuses, with a status of 200, so that nobody would notice. */
const mostAlerts = 4;
const robotText = [
  title,
  `{{ range $index, $alert := .Alerts }}{{ if lt $index ${mostAlerts} }}${alertText}{{ end }}{{ end }}`,
  `{{ if gt (len .Alerts) ${mostAlerts} }}These are ${mostAlerts} of {{ len .Alerts }}{{ end }}`,
].join('\n');

/**
 * @see https://developer.work.weixin.qq.com/document/path/91770
 * @see https://open.dingtalk.com/document/orgapp/custom-robot-access
 */
const payloads: Readonly<Record<WebhookFormat, object>> = {
  alertmanager: {},
  wecom: { payload: { msgtype: 'text', text: { content: robotText } } },
  dingtalk: { payload: { msgtype: 'text', text: { content: robotText } } },
};

const heartbeat = ({ heartbeat }: Notifications, { heartbeatUrl }: SecretPaths) =>
  heartbeat && { webhook_configs: [{ url_file: heartbeatUrl, send_resolved: false }] };
