import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GatewaySettings, renderGatewayConfig } from '../constructs/gateway/gateway-config';

type Place = Pick<GatewaySettings, 'port' | 'statusAddress'>;

/**
 * Writes the gateway's configuration for an Nginx of this machine before one API: all that it writes is below the folder.
 *
 * @returns what to start Nginx with; everything it says, of access and errors, is in `logFile`
 */
export function localGateway(
  folder: string,
  apiPort: number,
  settings: Place & Partial<GatewaySettings>,
): { args: string[]; logFile: string } {
  const api = { upstream: 'api', address: `127.0.0.1:${apiPort}` };
  const config = renderGatewayConfig({
    hosts: ['localhost', '127.0.0.1'],
    routes: [
      { ...api, path: '/', answers: 'end' },
      { ...api, path: '/api/v1/stream/', answers: 'stay open' },
    ],
    cpuMillicores: 250,
    memoryMiB: 128,
    proxies: { addresses: [], speak: 'X-Forwarded-For' },
    ...settings,
  });
  // As root, workers would be somebody who may not read the files of the folder.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const file = join(folder, 'nginx.conf');
  const logFile = join(folder, 'nginx.log');
  writeFileSync(
    file,
    user + config.replaceAll(/ \/tmp\/(?=[\w.]+;)/g, ` ${folder}/`).replaceAll(/\/dev\/std(out|err)/g, logFile),
  );
  return { args: ['-e', logFile, '-c', file, '-g', 'daemon off;'], logFile };
}
