import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const requestsPerSecond = 30;

/** How often each status was answered; a request without an answer counts under its error's code. */
export type Outcome = Readonly<Record<string, number>>;

/** One request on a connection of its own: its status, or why there is none. */
export function ask(port: number, path: string, options: http.RequestOptions = {}, body = ''): Promise<string> {
  return new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, path, agent: false, timeout: 70_000, ...options });
    request.on('response', (response) => response.resume().on('end', () => resolve(`${response.statusCode}`)));
    request.on('timeout', () => request.destroy(new Error('no answer in 70 s')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    request.end(body);
  });
}

/**
 * Requests at a steady rate, however long the answers take; never a burst, also when this process was held up.
 *
 * @param send makes one; it is given its number
 */
export async function steadily<T>(seconds: number, send: (number: number) => Promise<T>): Promise<T[]> {
  const answers: Promise<T>[] = [];
  let next = performance.now();
  for (let sent = 0; sent < seconds * requestsPerSecond; sent += 1) {
    await sleep(next - performance.now());
    next = Math.max(next, performance.now()) + 1000 / requestsPerSecond;
    answers.push(send(sent));
  }
  return Promise.all(answers);
}

/** Steady requests for lists of stocks. */
export const load = async (port: number, seconds: number, options: http.RequestOptions = {}): Promise<Outcome> =>
  counted(await steadily(seconds, (number) => ask(port, `/api/v1/stocks?page=${number}`, options)));

export const counted = (answers: readonly string[]): Outcome =>
  Object.fromEntries([...new Set(answers)].map((each) => [each, answers.filter((answer) => answer === each).length]));
