import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import type { RunningRole } from '../roles/running-role';
import type { EnvironmentOf, Role } from '../runtime/env';
import { openLogFiles } from '../runtime/log-files';
import { createLogger } from '../runtime/logging';

type Settings = Pick<EnvironmentOf<'api'>, 'LOG_LEVEL' | 'LOG_DIR' | 'OTEL_EXPORTER_OTLP_ENDPOINT'>;

const complain = (error: Error) => process.stderr.write(`log files: ${error.message}\n`);

/**
 * Runs a role until the process is told to stop, then closes it within the given time.
 *
 * @param load loads the role's modules; tracing, where it is on, begins before
 */
export async function runRole<E extends Settings>(
  role: Role,
  environment: E,
  load: () => Promise<(environment: E, logger: Logger, stopping: AbortSignal) => Promise<RunningRole>>,
  stopSeconds: number,
): Promise<void> {
  const { LOG_LEVEL, LOG_DIR, OTEL_EXPORTER_OTLP_ENDPOINT } = environment;
  const serviceName = `stock-analysis-${role}`;
  const tracing = OTEL_EXPORTER_OTLP_ENDPOINT ? await import('../runtime/tracing.js') : undefined;
  const stopTracing = tracing?.startTracing(OTEL_EXPORTER_OTLP_ENDPOINT as string, serviceName);
  const files = LOG_DIR ? openLogFiles(LOG_DIR, role, complain) : undefined;
  const logger = createLogger(serviceName, LOG_LEVEL, files?.stream, tracing?.traceFields);

  const stopping = new AbortController();
  const starting = load().then((start) => start(environment, logger, stopping.signal));
  // From now on, so that a process that waits for its database can be stopped too.
  const handlers = closeWithGrace({ delay: stopSeconds * 1000, logger }, async ({ signal, err }) => {
    if (err) logger.error({ err }, `${role} stops after an error`);
    else logger.info({ signal }, `${role} stops`);
    stopping.abort();
    await starting.then(
      (running) => running.close(),
      () => undefined,
    );
    logger.info(`${role} stopped`);
    await stopTracing?.().catch((error: Error) => logger.warn({ err: error }, 'last spans not sent'));
    await files?.close();
  });
  try {
    logger.info({ urls: (await starting).urls }, `${role} started`);
  } catch (error) {
    if (stopping.signal.aborted) return;
    handlers.uninstall();
    throw error;
  }
}
