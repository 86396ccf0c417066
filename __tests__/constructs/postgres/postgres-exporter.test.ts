import { Postgres } from '../../../constructs/postgres/postgres';
import { Environment } from '../../../constructs/workload/environment';
import type { Observed } from '../../../constructs/workload/observations';
import { dockerContainer } from '../../docker-objects';
import { flowsThroughPolicies } from '../../flows';
import { containerOf } from '../../kubernetes-objects';
import { type ProductStack, rendered } from '../../product';

const size = { cpuMillicores: 1000, memoryMiB: 768, storageGiB: 5 };

/** The database, and its exporter made as whoever watches makes it. */
function addWatched(stack: ProductStack): void {
  new Postgres(stack, 'postgres', { image: { reference: 'postgres:17.0', version: '17.0' }, ...size });
  const { observations } = Environment.of(stack);
  for (const { exporters = [] } of observations.all) for (const make of exporters) make(stack);
  observed = observations.all;
}
let observed: readonly Observed[] = [];
const docker = rendered('docker', addWatched);
const kubernetes = rendered('kubernetes', addWatched);

test('without anybody who watches there is none', () => {
  const alone = rendered('docker', (stack) => {
    new Postgres(stack, 'postgres', { image: { reference: 'postgres:17.0', version: '17.0' }, ...size });
  });
  expect(alone.addresses.filter((address) => address.includes('exporter'))).toEqual([]);
});

test('it comes as a role of its own, whose password is a file', () => {
  expect(dockerContainer(docker, 'postgres-exporter').env).toEqual([
    'DATA_SOURCE_PASS_FILE=/etc/stock-analysis/monitor-password',
    'DATA_SOURCE_URI=stock-analysis-postgres:5432/stockdb?sslmode=disable&connect_timeout=5',
    'DATA_SOURCE_USER=stock_monitor',
    'GOMEMLIMIT=57MiB',
    'PG_EXPORTER_COLLECTION_TIMEOUT=8s',
  ]);
  expect(dockerContainer(docker, 'postgres-exporter-files').upload).toMatchObject([
    {
      file: '/etc/stock-analysis/monitor-password',
      source: '../../../.local/secrets/local/postgres-monitor/password',
    },
  ]);
});

test('it reaches the database and nothing else, and is recorded to be scraped as the manual’s job', () => {
  expect(flowsThroughPolicies([kubernetes])).toEqual(['postgres-exporter -> postgres:5432']);
  expect(observed.flatMap(({ component, scrapes = [] }) => scrapes.map(({ job }) => [component, job]))).toEqual([
    ['postgres', 'postgres-exporter'],
  ]);
});

test('it is well when it answers, whether or not the database does', () => {
  expect(containerOf(kubernetes, 'postgres-exporter').readiness_probe).toMatchObject({
    http_get: { path: '/', port: 'metrics' },
  });
});
