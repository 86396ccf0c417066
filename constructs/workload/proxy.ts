import type { Environment } from './environment';
import { hostFrom } from './peer';
import { Workload } from './workload';

/** Names that are of the cluster, or of the machine itself, wherever it is. */
const inside = ['localhost', '127.0.0.1', '::1', '.svc', '.cluster.local'];

/**
 * Tells the workloads that have something to do outside by which proxy they get there, and lets them reach it; all
 * connections are recorded by now. What is inside, they reach directly.
 */
export function useProxy(environment: Environment): void {
  const { config, connections } = environment;
  if (!config.proxy) return;
  const { http, https, exceptions = [] } = config.proxy;
  for (const workload of environment.all(Workload)) {
    const out = connections.outOf(workload);
    if (!out.some(({ to, port }) => !to.pods && port === 'url')) continue;
    const servers = out.flatMap(({ to }) => (to.pods ? [hostFrom(workload.pods.namespace, to)] : []));
    // Written by the cluster into each container; a name that Kubernetes puts in.
    const clusterApi = workload.clusterAccess.length > 0 ? ['$(KUBERNETES_SERVICE_HOST)'] : [];
    workload.receive({
      environment: {
        ...(http && { HTTP_PROXY: http }),
        ...(https && { HTTPS_PROXY: https }),
        // Node.js asks for it to be said.
        NODE_USE_ENV_PROXY: '1',
        NO_PROXY: [...inside, ...new Set([...servers, ...clusterApi, ...exceptions])].join(','),
      },
    });
    for (const url of [http, https]) if (url) connections.reach(workload, url);
  }
}
