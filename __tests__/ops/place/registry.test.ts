import { parseReference } from '../../../ops/src/place/registry';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['postgres:17.11', { registry: 'registry-1.docker.io', repository: 'library/postgres', version: '17.11' }],
  ['stock/app:1', { registry: 'registry-1.docker.io', repository: 'stock/app', version: '1' }],
  [`registry.example.com/a/b:1@${digest}`, { registry: 'registry.example.com', repository: 'a/b', version: digest }],
  [`localhost:5000/app@${digest}`, { registry: 'localhost:5000', repository: 'app', version: digest }],
])('%s is looked for where it is', (image, reference) => {
  expect(parseReference(image)).toEqual(reference);
});
