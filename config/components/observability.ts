import { z } from 'zod';
import { httpUrl, size, storageGiB } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';

const address = z.email('an e-mail address');

const email = z.strictObject({
  /** Host and port of the server that takes the mail; it has to offer STARTTLS. */
  smarthost: z.string().regex(/^[a-z0-9][-a-z0-9.]*:\d{1,5}$/, 'a host and a port, e.g. smtp.example.com:587'),
  from: address,
  to: address,
  /** As whom to log in; the password is a secret. */
  username: z.string().min(1, 'a text that is not empty'),
});

/** Whom alerts are sent to. Passwords and URLs that hold keys are secrets that people give. */
const notifications = z.strictObject({
  email: email.optional(),
  slack: z.strictObject({ channel: z.string().regex(/^[#@]\S+$/, 'a channel, e.g. #alerts') }).optional(),
  webhook: z
    .strictObject({
      /** Scheme, host and port of the URL: what may be reached. */
      origin: httpUrl,
      format: z.enum(['alertmanager', 'wecom', 'dingtalk']).default('alertmanager'),
    })
    .optional(),
  /** What is called as long as alerts can be sent, and tells when it is not. */
  heartbeat: z.strictObject({ origin: httpUrl }).optional(),
});

const schema = z.strictObject({
  prometheus: z.strictObject({
    ...size,
    storageGiB,
    /** How long metrics are kept, if they fit; as long as the manual keeps logs (3.2). */
    retentionDays: z.int().min(1).max(365).default(30),
  }),
  alertmanager: z.strictObject(size),
  /** @default - dashboards are drawn by nobody here */
  grafana: z.strictObject(size).optional(),
  /**
   * Whether people reach Grafana, Prometheus and Alertmanager through the gateway, below paths of their own and each behind a
   * login, and under which URL they reach the gateway. @default - by kubectl port-forward, or inside the engine, alone
   */
  webInterfaces: z.strictObject({ origin: httpUrl }).optional(),
  notifications: notifications.default({}),
  /** URL below which the files of this repository can be read: an alert links to its page in docs/runbooks. */
  repository: httpUrl,
});

interface Observed extends Pick<Place, 'tier'> {
  readonly observability?: z.output<typeof schema> | undefined;
  readonly hosts: readonly string[];
}

const rules = ({ observability, tier, hosts }: Observed): Rule[] => {
  if (!observability) return [];
  const { email, slack, webhook } = observability.notifications;
  const { origin } = observability.webInterfaces ?? {};
  return [
    {
      isBroken:
        origin !== undefined && (new URL(origin).origin !== origin || !hosts.includes(new URL(origin).hostname)),
      path: 'observability.webInterfaces.origin',
      got: origin,
      allowed: `scheme, host and port alone, and one of hosts (${hosts.join(', ')}): the gateway answers to no other`,
    },
    {
      isBroken: tier === 'production' && !email && !slack && !webhook,
      path: 'observability.notifications',
      got: observability.notifications,
      allowed: 'email, slack or webhook in production: alerts that nobody gets are none',
    },
  ];
};

/** Left out, an environment has no monitoring of its own. */
export const observability = { schema: schema.optional(), rules };
