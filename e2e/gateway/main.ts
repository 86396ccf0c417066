import { Api } from './api';
import { askSlowApi, openStreams, plantKeys, replaceApi, sendHalfHeaders } from './load-cases';
import { comeThroughIngress, comeThroughLoadBalancer } from './proxy-cases';
import { type Running, startGateway } from './running-gateway';
import { startWithoutIpv6 } from './start-case';
import { comeByTls } from './tls-cases';

/**
 * The gateway's configuration in a real Nginx on 127.0.0.1, before an API that is slow, closes connections or is away, and
 * behind proxies: what happens to clients, who they are taken to be, and what stands in the log. See docs/end-to-end.md.
 */
async function main(): Promise<void> {
  const api = new Api();
  const apiPort = await api.start();
  // Each begins with limits that nobody has used up.
  const parts = [
    openStreams,
    sendHalfHeaders,
    (gateway: Running) => askSlowApi(gateway, api),
    (gateway: Running) => replaceApi(gateway, api),
    (gateway: Running) => plantKeys(gateway, api, apiPort),
  ];
  try {
    for (const part of parts) {
      const gateway = await startGateway(apiPort);
      await part(gateway).finally(gateway.stop);
    }
    await comeThroughIngress(apiPort, api);
    await comeThroughLoadBalancer(apiPort, api);
    await comeByTls(apiPort, api);
    await startWithoutIpv6(apiPort);
  } finally {
    await api.stop();
  }
}

main().catch((error: Error) => {
  console.error(`\n${error.stack}`);
  process.exitCode = 1;
});
