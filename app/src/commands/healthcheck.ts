import { readEnvironment } from '../runtime/env';

const timeoutSeconds = 3;

/** Asks the role in this container about itself, where every role answers. */
export async function checkHealth(kind: string): Promise<{ isHealthy: boolean; answer: string }> {
  const { METRICS_PORT } = readEnvironment('healthcheck');
  const response = await fetch(`http://127.0.0.1:${METRICS_PORT}/health/${kind}`, {
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
  });
  return { isHealthy: response.ok, answer: await response.text() };
}
