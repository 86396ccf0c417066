import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../failures';
import { ask } from './ask';
import type { Place } from './place';

const answerSeconds = 180;
/** Each target is asked every 15 seconds; what has just started is asked a few times. */
const targetSeconds = 120;
const lookMilliseconds = 1_000;

/** Asks again and again until there is no problem, for so long at most. @throws Refusal with the last one */
async function untilWell(
  seconds: number,
  what: string,
  signal: AbortSignal,
  problem: () => Promise<string | undefined>,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await problem().catch((error: Error) => `${error.cause ?? error.message}`);
    if (found === undefined) return;
    if (performance.now() > deadline) throw new Refusal(`${what}, after ${seconds} s: ${found}`);
    await sleep(lookMilliseconds, undefined, { signal });
  }
}

/**
 * Its health, as a load balancer asks for it (manual 3.2).
 *
 * @param host a name that the gateway answers to
 */
export async function askGateway(address: string, host: string, signal: AbortSignal): Promise<string> {
  await untilWell(answerSeconds, `${address}/health is not 200`, signal, async () => {
    const { status } = await ask(`${address}/health`, host);
    return status === 200 ? undefined : `it is ${status}`;
  });
  return `${address}/health is 200`;
}

/**
 * Asks as a customer does.
 *
 * @param given an API key that was valid before; without it one is made for this, and revoked
 */
export async function readThroughGateway(
  place: Place,
  given: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const apiKey = given ?? (await madeKey(place));
  try {
    return await place.withGateway(async (address) => {
      const url = `${address}/api/v1/stocks?limit=1`;
      await untilWell(answerSeconds, `${url} is not 200`, signal, async () => {
        const { status, body } = await ask(url, place.host, { 'x-api-key': apiKey });
        return status === 200 ? undefined : `it is ${status}: ${body}`;
      });
      return `${url} is 200`;
    });
  } finally {
    if (given === undefined) await stock(place, ['apikey', 'revoke', prefixOf(apiKey)]);
  }
}

const madeKey = (place: Place): Promise<string> =>
  stock(place, ['apikey', 'create', '--name', 'stockops', '--scopes', 'read']);

/** By which `stock apikey` knows a key: the 12 characters after sk_. */
export const prefixOf = (apiKey: string): string => apiKey.slice('sk_'.length, 'sk_'.length + 12);

/** The application's command line, where the API runs. */
export async function stock(place: Place, words: readonly string[]): Promise<string> {
  const { status, output, said } = await place.run('api', ['node', '/app/dist/stock.js', ...words]);
  if (status === 0) return output.trim();
  throw new Refusal(`stock ${words.slice(0, 2).join(' ')} ended with ${status}: ${said.trim()}`);
}

/** What Prometheus asks. */
export interface Target {
  readonly health: string;
  readonly labels: { readonly job: string; readonly instance: string };
  readonly lastError: string;
}

/** All that Prometheus asks, and how that goes. */
export async function activeTargets(place: Place): Promise<Target[]> {
  const { data } = JSON.parse(await place.askPrometheus('/api/v1/targets?state=active'));
  return data.activeTargets;
}

/** Whether all that is to be seen is seen again. */
export async function requireTargetsUp(place: Place, signal: AbortSignal): Promise<string> {
  let count = 0;
  await untilWell(targetSeconds, 'Prometheus does not scrape all', signal, async () => {
    const targets = await activeTargets(place);
    count = targets.length;
    if (count === 0) return 'it knows no target';
    const down = targets.filter(({ health }) => health !== 'up');
    if (down.length === 0) return undefined;
    return down
      .map(({ labels, health, lastError }) => `${labels.job} ${labels.instance} ${health} ${lastError}`)
      .join('; ');
  });
  return `${count} targets, all up`;
}
