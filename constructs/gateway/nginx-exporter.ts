import { exporterContainer } from '../exporters/exporter';
import type { ContainerImage } from '../workload/image';
import { outsidePageProbe } from '../workload/page-probe';
import type { Companion } from '../workload/workload';

/**
 * Connections and requests of one Nginx as metrics. One beside each: behind their common name another would answer every time.
 *
 * @param statusUrl where Nginx tells them
 */
export function nginxExporter(image: ContainerImage, statusUrl: string): Companion {
  const { probes, user: _, ...container } = exporterContainer('nginx-exporter', { image }, 9113, '/', outsidePageProbe);
  return {
    ...container,
    command: ['/usr/bin/nginx-prometheus-exporter', `--nginx.scrape-uri=${statusUrl}`],
    liveness: probes.liveness,
  };
}
