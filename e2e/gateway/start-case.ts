import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localGateway } from '../local-gateway';
import { ask } from '../steady-load';
import { answersWithin, freePort } from './running-gateway';

const script = join(__dirname, '../../constructs/gateway/start.sh');

/** Nginx as its container starts it, on a machine whose kernel shows no addresses of IPv6. */
export async function startWithoutIpv6(apiPort: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const port = await freePort();
  localGateway(folder, apiPort, { port });
  const here = readFileSync(script, 'utf8')
    .replaceAll('/tmp/', `${folder}/changed-`)
    .replace('/proc/net/if_inet6', '/nowhere');
  writeFileSync(join(folder, 'start.sh'), here);
  const nginx = spawn('sh', [join(folder, 'start.sh')], { stdio: 'ignore' });
  try {
    await answersWithin(`http://127.0.0.1:${port}/healthz`, 10_000);
    assert.equal(await ask(port, '/healthz', { host: '::1' }), 'ECONNREFUSED');
    console.error('without IPv6: it starts, and answers by IPv4 alone');
  } finally {
    nginx.kill('SIGTERM');
    await once(nginx, 'exit');
    rmSync(folder, { recursive: true });
  }
}
