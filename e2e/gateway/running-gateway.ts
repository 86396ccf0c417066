import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewaySettings } from '../../constructs/gateway/gateway-config';
import { localGateway } from '../local-gateway';
import { ask } from '../steady-load';

export interface Running {
  readonly port: number;
  readonly nginx: ChildProcess;
  /** Everything it has written, access and errors. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export async function startGateway(apiPort: number, settings: Partial<GatewaySettings> = {}): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  const port = await freePort();
  const { args, logFile } = localGateway(directory, apiPort, { port, ...settings });
  const nginx = spawn('nginx', args, { stdio: 'ignore' });
  const log = () => readFileSync(logFile, 'utf8');
  const stop = async () => {
    if (nginx.exitCode === null && nginx.signalCode === null) {
      nginx.kill('SIGTERM');
      await once(nginx, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await answersWithin(`http://127.0.0.1:${port}/healthz`, 10_000);
  } catch (error) {
    const why = `nginx did not start: ${(error as Error).message}\n${log()}`;
    await stop();
    throw new Error(why);
  }
  return { port, nginx, log, stop };
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function answersWithin(url: string, milliseconds: number): Promise<void> {
  const { port, pathname } = new URL(url);
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask(Number(port), pathname);
    if (answer === '200') return;
    assert.ok(performance.now() < deadline, `${url} answers ${answer}`);
    await sleep(50);
  }
}
