import { defineEnvironment } from '../../config/environment';
import dev from '../../config/environments/dev';

/** An environment of one's own: another namespace, registry, mirror and pull secret, the rules of development. */
export default defineEnvironment({
  ...dev,
  name: 'second-team',
  namespace: 'quotes',
  images: {
    ...dev.images,
    registry: 'registry.quotes.example:5000/mirror',
    pullPolicy: 'Always',
    pullSecret: 'registry',
    upstream: { postgres: { tag: '17.12' } },
  },
  hosts: ['quotes.example'],
  observability: {
    prometheus: { cpuMillicores: 500, memoryMiB: 512, storageGiB: 4 },
    alertmanager: { cpuMillicores: 50, memoryMiB: 64 },
    grafana: { cpuMillicores: 250, memoryMiB: 384 },
    webInterfaces: { origin: 'http://quotes.example:8080' },
    repository: 'https://git.quotes.example/platform',
  },
  deletionProtection: false,
});
