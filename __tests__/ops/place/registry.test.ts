import { parseReference } from '../../../ops/src/place/registry';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['postgres:17.11', { registry: 'registry-1.docker.io', repository: 'library/postgres', version: '17.11' }],
  ['nginx:1.30', { registry: 'registry-1.docker.io', repository: 'library/nginx', version: '1.30' }],
  ['grafana/grafana:13.2.3', { registry: 'registry-1.docker.io', repository: 'grafana/grafana', version: '13.2.3' }],
  ['grafana/grafana', { registry: 'registry-1.docker.io', repository: 'grafana/grafana', version: 'latest' }],
  [
    'quay.io/prometheus/prometheus:v3.16.0',
    { registry: 'quay.io', repository: 'prometheus/prometheus', version: 'v3.16.0' },
  ],
  ['localhost:5000/app:1', { registry: 'localhost:5000', repository: 'app', version: '1' }],
  ['localhost:5000/a/b:2', { registry: 'localhost:5000', repository: 'a/b', version: '2' }],
  ['registry.example/a:2@sha256:12', { registry: 'registry.example', repository: 'a', version: 'sha256:12' }],
  ['stock/app:1', { registry: 'registry-1.docker.io', repository: 'stock/app', version: '1' }],
  [`registry.example.com/a/b:1@${digest}`, { registry: 'registry.example.com', repository: 'a/b', version: digest }],
  [`localhost:5000/app@${digest}`, { registry: 'localhost:5000', repository: 'app', version: digest }],
])('%s is looked for where it is', (image, reference) => {
  expect(parseReference(image)).toEqual(reference);
});
