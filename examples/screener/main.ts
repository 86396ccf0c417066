import { definePlace } from 'stock-analysis-platform/config/place';
import { RedisCache } from 'stock-analysis-platform/constructs/redis/redis';
import { platformApp } from 'stock-analysis-platform/constructs/workload/app';
import { Environment } from 'stock-analysis-platform/constructs/workload/environment';
import { upstreamImage } from 'stock-analysis-platform/constructs/workload/image';
import { EnvironmentStack } from 'stock-analysis-platform/constructs/workload/stack';
import { PlatformStack } from 'stock-analysis-platform/stacks/platform-stack';
import { Screener } from './screener';

/** Two of the platform's parts, a namespace with its limits and a cache, with a component of one's own: into cdktf.out. */
const place = definePlace({
  name: 'screening',
  tier: 'staging',
  target: 'kubernetes',
  namespace: 'screening',
  images: {
    registry: 'registry.screening.example/mirror',
    pullPolicy: 'Always',
    pullSecret: 'registry',
    application: { repository: 'screener', tag: '1.4.0' },
  },
  state: { type: 'kubernetes', namespace: 'terraform-state' },
  deletionProtection: true,
  quota: { cpuMillicores: 4000, memoryMiB: 4096, storageGiB: 1, pods: 10 },
});

class ScreenerStack extends EnvironmentStack {
  constructor(environment: Environment) {
    super(environment, 'screener');
    const cache = new RedisCache(this, 'cache', {
      image: upstreamImage(place.images, 'redis'),
      cpuMillicores: 250,
      memoryMiB: 128,
    });
    cache.allow('api', new Screener(this, 'screener', { apiUrl: 'https://api.stockanalysis.com' }));
  }
}

const app = platformApp('cdktf.out');
const environment = new Environment(app, place);
const platform = new PlatformStack(environment);
new ScreenerStack(environment).addDependency(platform);
app.synth();
