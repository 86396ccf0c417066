import { images, providers, unreleasedDigest } from '../../config/versions';

test.each(Object.entries(images))('the image of %s has an exact version', (_, reference) => {
  expect(reference).toMatch(/^[a-z0-9._/-]+:v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$/);
});

test.each(Object.entries(providers))('the provider %s has an exact version', (_, { version }) => {
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test('the digest of what was never released is a digest that no image has', () => {
  expect(unreleasedDigest).toMatch(/^sha256:0{64}$/);
});
