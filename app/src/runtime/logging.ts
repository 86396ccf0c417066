import { ecsFormat } from '@elastic/ecs-pino-format';
import { type DestinationStream, type Logger, pino } from 'pino';
import { withoutApiKeys } from './secret-texts';

const levels: Record<string, string> = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' };

/**
 * A logger that writes one JSON record per line with Elastic Common Schema field names.
 *
 * @param serviceName value of `service.name`, such as stock-analysis-api
 * @param level DEBUG, INFO, WARNING or ERROR
 * @param destination where records go; standard output when left out
 * @param fields gives fields that each record gets besides its own
 * @see https://www.elastic.co/docs/reference/ecs
 */
export function createLogger(
  serviceName: string,
  level: string,
  destination?: DestinationStream,
  fields?: () => Record<string, unknown>,
): Logger {
  const options = {
    ...ecsFormat({ serviceName, apmIntegration: false }),
    level: levels[level.toUpperCase()],
    mixin: fields,
    hooks: { streamWrite: withoutApiKeys },
    redact: ['*.password', '*.secret', '*.authorization', '*.headers["x-api-key"]', 'headers["x-api-key"]'],
  };
  // Written without holding up the process; records of the same moment go out together.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: false }));
}
