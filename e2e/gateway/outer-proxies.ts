import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answersWithin, freePort } from './running-gateway';

/** What stands before a gateway, at an address that the gateway trusts. */
export interface OuterProxy {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** The one address that gateways trust here; clients come from others of 127.0.0.0/8. */
export const trustedAddress = '127.0.0.1';
export const givenRequestId = 'made-by-the-outer-proxy';

/** As an ingress: a second Nginx that ended TLS, adds the client's address to X-Forwarded-For, and numbers requests. */
export async function startIngress(gatewayPort: number): Promise<OuterProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'ingress-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    file,
    `pid ${folder}/pid; error_log ${folder}/log; events { worker_connections 4096; }
http {
  access_log off; ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${port};
    location = /healthz { return 200; }
    location / {
      proxy_pass http://127.0.0.1:${gatewayPort};
      proxy_bind ${trustedAddress};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Request-Id ${givenRequestId};
    }
  }
}\n`,
  );
  const nginx = spawn('nginx', ['-e', `${folder}/log`, '-c', file, '-g', 'daemon off;'], { stdio: 'ignore' });
  await answersWithin(`http://127.0.0.1:${port}/healthz`, 10_000);
  const stop = async () => {
    nginx.kill('SIGTERM');
    await once(nginx, 'exit');
    rmSync(folder, { recursive: true });
  };
  return { port, stop };
}

/** As a load balancer: it passes bytes on, after it has said in the PROXY protocol whose they are. */
export async function startLoadBalancer(
  gatewayPort: number,
  sayWho: (client: net.Socket) => string | Buffer = proxyProtocol1,
): Promise<OuterProxy> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ pauseOnConnect: true }, (client) => {
    const gateway = net.connect({ port: gatewayPort, host: '127.0.0.1', localAddress: trustedAddress });
    gateway.write(sayWho(client));
    client.pipe(gateway).pipe(client);
    for (const [one, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt */
export const proxyProtocol1 = ({ remoteAddress, remotePort, localPort }: net.Socket): string =>
  `PROXY TCP4 ${remoteAddress} 127.0.0.1 ${remotePort} ${localPort}\r\n`;

/** The binary form, as the load balancers of AWS have it. */
export function proxyProtocol2({ remoteAddress = '', remotePort = 0, localPort = 0 }: net.Socket): Buffer {
  const addresses = [remoteAddress, '127.0.0.1'].flatMap((address) => address.split('.').map(Number));
  const ports = [remotePort, localPort].flatMap((port) => [port >> 8, port & 0xff]);
  const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
  return Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, 12, ...addresses, ...ports])]);
}
