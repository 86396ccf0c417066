import { z } from 'zod';
import { certificateFile } from '../certificate-file';
import { httpUrl, revision, serviceUrl, size, storageGiB } from '../fields';
import { httpAccess, httpAccessRules } from '../http-access';
import { labels, podsOfOthers } from '../kubernetes-fields';
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

/**
 * What the certificates of the kubelets are checked with: the CA of the cluster, as where they ask it for one
 * (`serverTLSBootstrap`), the CAs in a file, or nothing where each has signed its own, as kubeadm and kind leave them.
 */
const kubelets = z.discriminatedUnion('signedBy', [
  z.strictObject({ signedBy: z.literal('cluster') }),
  z.strictObject({ signedBy: z.literal('others'), caFile: certificateFile }),
  z.strictObject({ signedBy: z.literal('themselves') }),
]);

/** Where our Prometheus sends what it scrapes as well, for a store that keeps the metrics of many. */
const remoteWrite = z.strictObject({
  url: serviceUrl,
  ...httpAccess,
  /** How much may wait in memory while the store is slow; what is away longer is read again from the log of two hours, then lost. */
  queue: z
    .strictObject({
      /** How many send at a time. */
      maxShards: z.int().min(1).max(200).default(10),
      /** Samples that wait for each of them. */
      capacity: z.int().min(100).max(100_000).default(10_000),
      /** Samples of one request. */
      maxSamplesPerSend: z.int().min(10).max(10_000).default(2000),
    })
    .prefault({}),
});

/** One that somebody else runs and that is told of alerts; whom it tells is written down there. */
const existingAlertmanager = z.strictObject({
  topology: z.literal('existing'),
  /** Of each of its instances: an alert is sent to all of them. */
  urls: z.array(serviceUrl).min(1, 'one URL or more'),
  ...httpAccess,
});

const bundled = z.strictObject({
  /** Whose Prometheus watches. @default - ours */
  topology: z.literal('bundled').optional(),
  prometheus: z.strictObject({
    ...size,
    storageGiB,
    /** How long metrics are kept, if they fit; as long as the manual keeps logs (3.2). */
    retentionDays: z.int().min(1).max(365).default(30),
    /** @default - metrics stay where they are */
    remoteWrite: remoteWrite.optional(),
  }),
  alertmanager: z.discriminatedUnion('topology', [
    z.strictObject({ topology: z.literal('bundled').optional(), ...size }),
    existingAlertmanager,
  ]),
  /**
   * The kubelet of every node, which tells of throttled containers and full claims. To ask it takes a right of the whole
   * cluster, the get of nodes/metrics. @default - it is not asked, and nothing of the whole cluster is made
   */
  kubelets: kubelets.optional(),
  /** @default - dashboards are drawn by nobody here */
  grafana: z
    .strictObject({
      ...size,
      /** Of its administrator's password: raise it to have another made. */
      passwordRevision: revision,
    })
    .optional(),
  /**
   * Whether people reach Grafana, Prometheus and Alertmanager through the gateway, below paths of their own and each behind a
   * login, and under which URL they reach the gateway. @default - by kubectl port-forward, or inside the engine, alone
   */
  webInterfaces: z.strictObject({ origin: httpUrl }).optional(),
  notifications: notifications.default({}),
  /** URL below which the files of this repository can be read: an alert links to its page in docs/runbooks. */
  repository: httpUrl,
});

/** A Prometheus of the cluster that somebody else runs: it finds our pods itself, and ours is left out with all that asks it. */
const existing = z.strictObject({
  topology: z.literal('existing'),
  /** Its pods: nobody else is let in to the ports of metrics. */
  pods: podsOfOthers,
  /** How it finds ours. */
  discovery: z.discriminatedUnion('by', [
    /** `prometheus.io/*` on each pod: metrics alone, under the job of whoever scrapes. */
    z.strictObject({ by: z.literal('annotations') }),
    /** PodMonitor and PrometheusRule of prometheus-operator, with the labels by which the operator selects them. */
    z.strictObject({ by: z.literal('monitors'), labels }),
  ]),
  /** URL below which the files of this repository can be read: an alert links to its page in docs/runbooks. */
  repository: httpUrl,
});

const schema = z.discriminatedUnion('topology', [bundled, existing]);
type Observability = z.output<typeof schema>;

export type OwnObservability = z.output<typeof bundled>;
export type Kubelets = z.output<typeof kubelets>;
export type ExistingObservability = z.output<typeof existing>;

/** Where people reach the web interfaces, if they reach them through the gateway. */
export const webOrigin = (observability: Observability | undefined): string | undefined =>
  observability?.topology === 'existing' ? undefined : observability?.webInterfaces?.origin;

interface Observed extends Pick<Place, 'tier' | 'target'> {
  readonly observability?: Observability | undefined;
  readonly hosts: readonly string[];
}

const rules = ({ observability, ...place }: Observed): Rule[] => {
  if (!observability) return [];
  return observability.topology === 'existing' ? rulesOfExisting(place) : rulesOfOwn(observability, place);
};

const rulesOfExisting = ({ target }: Pick<Place, 'target'>): Rule[] => [
  {
    isBroken: target === 'docker',
    path: 'observability.topology',
    got: 'existing',
    allowed:
      '"bundled" on Docker, with prometheus.remoteWrite for a store elsewhere: no Prometheus finds the containers of an engine by itself',
  },
];

function rulesOfOwn(observability: OwnObservability, { tier, target, hosts }: Omit<Observed, 'observability'>): Rule[] {
  const { prometheus, alertmanager, notifications, webInterfaces, kubelets } = observability;
  const { origin } = webInterfaces ?? {};
  return [
    {
      isBroken:
        origin !== undefined && (new URL(origin).origin !== origin || !hosts.includes(new URL(origin).hostname)),
      path: 'observability.webInterfaces.origin',
      got: origin,
      allowed: `scheme, host and port alone, and one of hosts (${hosts.join(', ')}): the gateway answers to no other`,
    },
    ...(kubelets ? rulesOfKubelets(kubelets, { tier, target }) : []),
    ...(prometheus.remoteWrite ? remoteWriteRules(prometheus.remoteWrite, prometheus.memoryMiB, tier) : []),
    ...(alertmanager.topology === 'existing'
      ? rulesOfExistingAlertmanager(alertmanager, notifications, tier)
      : [isToldToSomebody(notifications, tier)]),
  ];
}

const rulesOfKubelets = (kubelets: Kubelets, { tier, target }: Pick<Place, 'tier' | 'target'>): Rule[] => [
  {
    isBroken: target === 'docker',
    path: 'observability.kubelets',
    got: kubelets,
    allowed: 'nothing on Docker: an engine has none',
  },
  {
    isBroken: tier === 'production' && kubelets.signedBy === 'themselves',
    path: 'observability.kubelets.signedBy',
    got: kubelets.signedBy,
    allowed:
      '"cluster" or "others" in production, or no kubelets: whoever takes the address of a node would get the token of Prometheus',
  },
];

const isToldToSomebody = (notifications: OwnObservability['notifications'], tier: Place['tier']): Rule => ({
  isBroken: tier === 'production' && !notifications.email && !notifications.slack && !notifications.webhook,
  path: 'observability.notifications',
  got: notifications,
  allowed: 'email, slack or webhook in production: alerts that nobody gets are none',
});

const rulesOfExistingAlertmanager = (
  { urls, ...access }: z.output<typeof existingAlertmanager>,
  notifications: OwnObservability['notifications'],
  tier: Place['tier'],
): Rule[] => [
  ...httpAccessRules(
    'observability.alertmanager',
    Object.fromEntries(urls.map((url, index) => [`urls.${index}`, url])),
    access,
    { tier },
  ),
  {
    isBroken: Object.keys(notifications).length > 0,
    path: 'observability.notifications',
    got: notifications,
    allowed: 'nothing where alertmanager.topology is "existing": whom that one tells is written down there',
  },
];

/** A sample that waits takes this much, its labels shared with the others of its series. */
const bytesPerSample = 100;
/** More would be taken from what scrapes and rules live on. */
const mostQueued = 0.25;

function remoteWriteRules(
  { url, queue, ...access }: z.output<typeof remoteWrite>,
  memoryMiB: number,
  tier: Place['tier'],
): Rule[] {
  const samples = queue.maxShards * (queue.capacity + queue.maxSamplesPerSend);
  const most = Math.floor((memoryMiB * 1024 * 1024 * mostQueued) / bytesPerSample);
  return [
    ...httpAccessRules('observability.prometheus.remoteWrite', { url }, access, { tier }),
    {
      isBroken: samples > most,
      path: 'observability.prometheus.remoteWrite.queue',
      got: queue,
      allowed: `maxShards × (capacity + maxSamplesPerSend) of ${most} or less, a quarter of memoryMiB; it is ${samples}`,
    },
    {
      isBroken: queue.maxSamplesPerSend > queue.capacity,
      path: 'observability.prometheus.remoteWrite.queue.maxSamplesPerSend',
      got: queue.maxSamplesPerSend,
      allowed: `${queue.capacity} or less, the capacity: a request is filled from it`,
    },
  ];
}

/** Left out, an environment has no monitoring of its own. */
export const observability = { schema: schema.optional(), rules };
