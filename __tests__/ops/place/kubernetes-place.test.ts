import { imagesOn, nameOnNodes } from '../../../ops/src/place/kubernetes-place';

const digest = `sha256:${'a'.repeat(64)}`;

test.each([
  ['stock-analysis/app:0.1.0', ['docker.io/stock-analysis/app:0.1.0']],
  [`stock-analysis/app:0.1.0@${digest}`, [`docker.io/stock-analysis/app@${digest}`]],
  [`registry.example:5000/app@${digest}`, [`registry.example:5000/app@${digest}`]],
  ['postgres:17', ['docker.io/library/postgres:17']],
])('a node that has %s is known to have it', (image, names) => {
  const has = (named: readonly string[] | null) => imagesOn({ status: { images: [{ names: named }] } });
  expect(has(names)).toContain(nameOnNodes(image));
  expect(has(null)).not.toContain(nameOnNodes(image));
});
