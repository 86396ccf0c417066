import { z } from 'zod';
import { size, storageGiB } from '../fields';
import type { Rule } from '../rule';

/** The logs of all components, kept where they can be searched (manual: ELK Stack). */
const schema = z.strictObject({
  /** Days after which a log is deleted. @default - the manual's (日志轮转配置) */
  retentionDays: z.int().min(1).max(3650).default(30),
  elasticsearch: z.strictObject({ storageGiB, ...size }),
  /** Its volume is the buffer of what Elasticsearch has not taken yet. */
  logstash: z.strictObject({ storageGiB, ...size }),
  kibana: z.strictObject(size),
  filebeat: z.strictObject(size),
  setUp: z.strictObject(size),
});
export type LoggingConfig = z.output<typeof schema>;

/** Less, and a program dies while it starts: Kibana 9.4 and newer at 1 GiB, a JVM whose heap is half of its memory. */
const leastMiB = { elasticsearch: 1024, logstash: 1024, kibana: 2048 } as const;

const rules = ({ logging }: { logging?: LoggingConfig | undefined }): Rule[] =>
  logging === undefined
    ? []
    : (Object.keys(leastMiB) as Array<keyof typeof leastMiB>).map((program) => ({
        isBroken: logging[program].memoryMiB < leastMiB[program],
        path: `logging.${program}.memoryMiB`,
        got: logging[program].memoryMiB,
        allowed: `${leastMiB[program]} or more: with less it does not start`,
      }));

export const logging = { schema, rules };
