import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import type { Role } from '../env';
import { createLogger } from '../logging';
import type { RunningRole } from '../roles/running-role';

/** Runs a role until the process is told to stop, then closes it within the given time. */
export async function runRole<E extends { LOG_LEVEL: string }>(
  role: Role,
  environment: E,
  start: (environment: E, logger: Logger) => Promise<RunningRole>,
  stopSeconds: number,
): Promise<void> {
  const logger = createLogger(`stock-analysis-${role}`, environment.LOG_LEVEL);
  const running = await start(environment, logger);
  logger.info({ urls: running.urls }, `${role} started`);
  closeWithGrace({ delay: stopSeconds * 1000, logger }, async ({ signal, err }) => {
    if (err) logger.error({ err }, `${role} stops after an error`);
    else logger.info({ signal }, `${role} stops`);
    await running.close();
    logger.info(`${role} stopped`);
  });
}
