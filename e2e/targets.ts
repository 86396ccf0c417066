import assert from 'node:assert/strict';
import { until } from './until';

interface Target {
  readonly health: string;
  readonly labels: { readonly job: string; readonly instance: string; readonly pod?: string };
  readonly lastError: string;
}

/** Each is asked every 15 seconds; what has just started is asked twice. */
const scrapedSeconds = 60;

/**
 * Prometheus finds and scrapes all that is to be seen.
 *
 * @param ask gets a path of Prometheus' API
 */
export async function requireTargetsUp(ask: (path: string) => string): Promise<void> {
  const began = performance.now();
  let targets: Target[] = [];
  const others = () => targets.filter(({ health }) => health !== 'up');
  const areUp = await until(
    scrapedSeconds,
    async () => {
      targets = JSON.parse(ask('/api/v1/targets?state=active')).data.activeTargets;
      return targets.length > 0 && others().length === 0;
    },
    2_000,
  );
  const inWords = others().map(
    ({ labels, health, lastError }) => `${labels.job} ${labels.pod ?? labels.instance} ${health} ${lastError}`,
  );
  assert.ok(areUp, `of ${targets.length} targets are not up: ${inWords.join('; ')}`);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.error(`Prometheus scrapes ${targets.length} targets, all up ... ${seconds} s`);
}
