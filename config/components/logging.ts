import { z } from 'zod';
import { certificateFile } from '../certificate-file';
import { userName } from '../existing-redis';
import { revision, size, storageGiB } from '../fields';
import type { Place } from '../place';
import type { Rule } from '../rule';

/** One that somebody else runs, with the roles of docs/logging.md in it and a user of each. */
const existingElasticsearch = z.strictObject({
  topology: z.literal('existing'),
  /** With the port, because Logstash takes 9200 for one that is not said. */
  url: z
    .string()
    .regex(/^https:\/\/[a-z0-9][-a-z0-9.]*:\d{1,5}$/, 'https, a host and a port, e.g. https://search.example.com:9200'),
  /** The certificates of the CAs that sign the server's. @default - the CAs that the client's image trusts */
  caFile: certificateFile.optional(),
  /** Their names on the server. */
  users: z
    .strictObject({
      setUp: userName.default('stock_set_up'),
      writer: userName.default('stock_writer'),
      exporter: userName.default('stock_exporter'),
      observer: userName.default('stock_observer'),
      importer: userName.default('stock_importer'),
      kibana: userName.default('kibana_system'),
    })
    .prefault({}),
  /** Of each user's password: raise it, and give the password, to have it written again. */
  passwordRevisions: z
    .strictObject({
      setUp: revision,
      writer: revision,
      exporter: revision,
      observer: revision,
      importer: revision,
      kibana: revision,
    })
    .prefault({}),
  /** Copies of each shard beside the first. */
  replicas: z.int().min(0).max(5).default(1),
});

/** Copies of the logs on a volume of their own, made every night; each has what is new since the one before. */
const snapshots = z.strictObject({
  /** @default - as much as the logs themselves */
  storageGiB: storageGiB.optional(),
  /** Which of them stay: those of so many days, but so many at least and at most, whatever their age. */
  keep: z
    .strictObject({
      days: z.int().min(1).max(3650).default(14),
      least: z.int().min(1).max(1000).default(3),
      most: z.int().min(1).max(1000).default(50),
    })
    .refine(({ least, most }) => least <= most, 'least not above most')
    .prefault({}),
});

/** The logs of all components, kept where they can be searched (manual: ELK Stack). */
const schema = z.strictObject({
  /** Days after which a log is deleted. @default - the manual's (日志轮转配置) */
  retentionDays: z.int().min(1).max(3650).default(30),
  elasticsearch: z.discriminatedUnion('topology', [
    z.strictObject({
      topology: z.literal('bundled').optional(),
      storageGiB,
      ...size,
      snapshots: snapshots.prefault({}),
    }),
    existingElasticsearch,
  ]),
  /** Its volume is the buffer of what Elasticsearch has not taken yet. */
  logstash: z.strictObject({ storageGiB, ...size }),
  /** @default - lines are searched by nobody here: there is a Kibana already */
  kibana: z.strictObject(size).optional(),
  filebeat: z.strictObject(size),
  setUp: z.strictObject(size),
});
export type LoggingConfig = z.output<typeof schema>;

/** Less, and a program dies while it starts: Kibana 9.4 and newer at 1 GiB, a JVM whose heap is half of its memory. */
const leastMiB = { elasticsearch: 1024, logstash: 1024, kibana: 2048 } as const;

const rules = ({
  logging,
  ...place
}: Pick<Place, 'lifetimeHours'> & { logging?: LoggingConfig | undefined }): Rule[] =>
  logging === undefined ? [] : [...sizeRules(logging), ...rulesOfElasticsearch(logging, place)];

const sizeRules = (logging: LoggingConfig): Rule[] =>
  (Object.keys(leastMiB) as Array<keyof typeof leastMiB>).map((program) => {
    const memoryMiB = memoryOf(logging[program]);
    return {
      isBroken: memoryMiB !== undefined && memoryMiB < leastMiB[program],
      path: `logging.${program}.memoryMiB`,
      got: memoryMiB,
      allowed: `${leastMiB[program]} or more: with less it does not start`,
    };
  });

/** Of a program that we run. */
const memoryOf = (program: object | undefined): number | undefined =>
  program && 'memoryMiB' in program ? (program.memoryMiB as number) : undefined;

const rulesOfElasticsearch = (
  { elasticsearch }: LoggingConfig,
  { lifetimeHours }: Pick<Place, 'lifetimeHours'>,
): Rule[] => [
  {
    isBroken: elasticsearch.topology === 'existing' && lifetimeHours !== undefined,
    path: 'logging.elasticsearch.topology',
    got: elasticsearch.topology,
    allowed: '"bundled" where lifetimeHours is set: what is there for a while does not leave its logs with others',
  },
];

export const logging = { schema, rules };
