import {
  type Notifications,
  renderAlertmanagerConfig,
  type WebhookFormat,
} from '../../../constructs/alertmanager/alertmanager-config';
import type { Alert } from '../../../constructs/workload/observations';

const paths = {
  smtpPassword: '/files/smtp-password',
  slackUrl: '/files/slack-url',
  webhookUrl: '/files/webhook-url',
  heartbeatUrl: '/files/heartbeat-url',
};
const email = { smarthost: 'mail.test:587', from: 'from@mail.test', to: 'to@mail.test', username: 'user' };
const configOf = (notifications: Notifications, alerts: readonly Alert[] = []) =>
  JSON.parse(renderAlertmanagerConfig(notifications, paths, alerts));
const receiverOf = (name: string, notifications: Notifications) =>
  configOf(notifications).receivers.find((receiver: { name: string }) => receiver.name === name);

test('alerts are grouped as the manual says', () => {
  expect(configOf({}).route).toMatchObject({
    group_by: ['alertname'],
    group_wait: '10s',
    group_interval: '10s',
    repeat_interval: '1h',
  });
});

test('what can wait is told in the hours when somebody looks, what is critical in production at any hour', () => {
  const { route, time_intervals } = configOf({});
  expect(
    route.routes.map((each: { matchers: string[]; active_time_intervals?: string[] }) => [
      each.matchers.join(),
      each.active_time_intervals?.join() ?? 'always',
    ]),
  ).toEqual([
    ['alertname="Watchdog"', 'always'],
    ['alertname="ExchangeHoliday"', 'always'],
    ['tier!="production"', 'attended'],
    ['severity="warning"', 'attended'],
  ]);
  expect(time_intervals).toEqual([
    {
      name: 'attended',
      time_intervals: [
        {
          weekdays: ['monday:friday'],
          times: [{ start_time: '08:30', end_time: '18:00' }],
          location: 'Asia/Shanghai',
        },
      ],
    },
  ]);
});

test('mail goes out encrypted, with a password from a file, and tells when it is over', () => {
  expect(receiverOf('people', { email }).email_configs).toEqual([
    expect.objectContaining({
      to: 'to@mail.test',
      from: 'from@mail.test',
      smarthost: 'mail.test:587',
      auth_username: 'user',
      auth_password_file: '/files/smtp-password',
      require_tls: true,
      send_resolved: true,
    }),
  ]);
});

test('mail has its subject as a header and its body as text and html, as Alertmanager reads them', () => {
  const [mail] = receiverOf('people', { email }).email_configs;
  expect(mail.headers.Subject).toContain('{{ .GroupLabels.alertname }}');
  for (const body of [mail.text, mail.html]) {
    expect(body).toContain('{{ .Annotations.description }}');
    expect(body).toContain('{{ .Annotations.runbook_url }}');
  }
  expect(mail).not.toHaveProperty('subject');
  expect(mail).not.toHaveProperty('body');
});

test('nobody gets mail from an environment without customers', () => {
  expect(receiverOf('chat', { email })).toEqual({ name: 'chat' });
});

test.each(['people', 'chat'])('Slack of %s is found by a file and tells when it is over', (receiver) => {
  expect(receiverOf(receiver, { slack: { channel: '#alerts' } }).slack_configs).toEqual([
    expect.objectContaining({ channel: '#alerts', api_url_file: '/files/slack-url', send_resolved: true }),
  ]);
});

test('a webhook of Alertmanager’s own form gets no other payload', () => {
  expect(receiverOf('people', { webhook: { format: 'alertmanager' } }).webhook_configs).toEqual([
    { url_file: '/files/webhook-url', send_resolved: true },
  ]);
});

test.each<WebhookFormat>(['wecom', 'dingtalk'])('the robot of a group in %s gets a text', (format) => {
  const [webhook] = receiverOf('people', { webhook: { format } }).webhook_configs;
  expect(webhook).toMatchObject({
    url_file: '/files/webhook-url',
    send_resolved: true,
    payload: { msgtype: 'text', text: { content: expect.stringContaining('{{ .Annotations.summary }}') } },
  });
});

test('the heartbeat is called every minute and never told that it is over', () => {
  expect(receiverOf('heartbeat', { heartbeat: {} }).webhook_configs).toEqual([
    { url_file: '/files/heartbeat-url', send_resolved: false },
  ]);
  expect(configOf({}).route.routes[0]).toMatchObject({ receiver: 'heartbeat', repeat_interval: '1m' });
});

test('an alert keeps back those it explains, of the same thing alone', () => {
  const alert = { expression: 'up == 0', forSeconds: 60, severity: 'critical', summary: '', description: '' } as const;
  const alerts = [
    { ...alert, name: 'Down', explains: ['Slow', 'Late'] },
    { ...alert, name: 'Other' },
  ];
  expect(configOf({}, alerts).inhibit_rules.slice(0, 1)).toEqual([
    {
      source_matchers: ['alertname="Down"'],
      target_matchers: ['alertname=~"Slow|Late"'],
      equal: ['environment', 'instance', 'device', 'namespace', 'deployment', 'persistentvolumeclaim'],
    },
  ]);
});

test('on a holiday what can wait is kept back in its environment, and neither the heartbeat nor what is critical in production', () => {
  expect(configOf({}).inhibit_rules).toEqual([
    {
      source_matchers: ['alertname="ExchangeHoliday"'],
      target_matchers: ['severity="warning"'],
      equal: ['environment'],
    },
    {
      source_matchers: ['alertname="ExchangeHoliday"'],
      target_matchers: ['tier!="production"', 'alertname!~"Watchdog|ExchangeHoliday"'],
      equal: ['environment'],
    },
  ]);
  expect(configOf({}).receivers).toContainEqual({ name: 'nobody' });
});

test('no text of a secret is in it', () => {
  const everything = configOf({ email, slack: { channel: '#a' }, webhook: { format: 'wecom' }, heartbeat: {} });
  const keys = JSON.stringify(everything).match(/"(auth_password|api_url|url|auth_secret)":/g);
  expect(keys).toBeNull();
});
