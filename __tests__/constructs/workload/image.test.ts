import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import dev from '../../../config/environments/dev';
import local from '../../../config/environments/local';
import production from '../../../config/environments/production';
import told from '../../../config/image-digests.json';
import { withOverrides } from '../../../config/overrides';
import { images } from '../../../config/versions';
import { applicationImage, operationsImage, upstreamImage } from '../../../constructs/workload/image';

const digest = `sha256:${'ab'.repeat(32)}`;
const mirrored = withOverrides(dev, { imageRegistry: 'mirror.example/all' }).images;

test('an upstream image is the pinned one, its version the tag', () => {
  expect(upstreamImage(dev.images, 'postgres')).toEqual({
    reference: images.postgres,
    version: images.postgres.split(':')[1],
  });
});

describe('an image whose digest a registry told', () => {
  beforeAll(() => Object.assign(told, { 'redis:7.4.11': { digest: `sha256:${'cd'.repeat(32)}` } }));
  afterAll(() => Reflect.deleteProperty(told, 'redis:7.4.11'));

  test('is pulled by that, unless it is loaded by hand or another one is meant', () => {
    expect(images.redis).toBe('redis:7.4.11');
    expect(upstreamImage(production.images, 'redis')).toEqual({
      reference: `redis@sha256:${'cd'.repeat(32)}`,
      version: '7.4.11',
    });
    expect(upstreamImage(dev.images, 'redis').reference).toBe('redis:7.4.11');
    const others = [{ tag: '7.4.12' }, { repository: 'hardened/redis' }, { digest }].map(
      (redis) => upstreamImage({ ...production.images, upstream: { redis } }, 'redis').reference,
    );
    expect(others).toEqual(['redis:7.4.12', 'hardened/redis:7.4.11', `redis@${digest}`]);
  });
});

test('the version of an image is its tag, also behind a registry with a port', () => {
  const image = upstreamImage(withOverrides(dev, { imageRegistry: 'localhost:5000' }).images, 'redis');
  expect(image).toEqual({ reference: `localhost:5000/${images.redis}`, version: images.redis.split(':')[1] });
});

test('a registry of the environment is where every image comes from, the application too', () => {
  expect(upstreamImage(mirrored, 'nginx').reference).toBe(`mirror.example/all/${images.nginx}`);
  expect(applicationImage(mirrored).reference).toBe('mirror.example/all/stock-analysis/app:0.1.0');
});

describe('every combination of a registry and an image is a name an engine pulls', () => {
  const registries = [undefined, 'mirror.example', 'mirror.example:5000', 'localhost:5000/a/b', 'mirror.example/a'];
  const names = ['app', 'team/app', 'registry.example/app', 'registry.example:5000/team/app', 'localhost/app'];
  const versions = [':1.2', `@${digest}`, `:1.2@${digest}`];
  /** @see https://pkg.go.dev/github.com/distribution/reference */
  const pulled =
    /^([a-zA-Z0-9.-]+(:\d+)?\/)?[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*(:[\w.-]+|@sha256:[0-9a-f]{64})$/;

  test.each(registries)('with the registry %s', (imageRegistry) => {
    for (const name of names) {
      for (const version of versions) {
        const config = withOverrides(dev, { imageRegistry, applicationImage: `${name}${version}` });
        const { reference } = applicationImage(config.images);
        expect(reference).toMatch(pulled);
        const own = /^(registry|localhost)/.test(name);
        expect(reference.startsWith(own || !imageRegistry ? name : `${imageRegistry}/${name}`)).toBe(true);
      }
    }
  });

  test('also of the base that a build starts from', () => {
    const config = withOverrides(local, { imageRegistry: 'mirror.example' });
    expect(applicationImage(config.images).build?.args).toEqual({ NODE_IMAGE: `mirror.example/${images.node}` });
  });
});

test('an image with a digest is named by it, and labelled with its tag', () => {
  const { repository, digest, tag } = production.images.application;
  expect(applicationImage(production.images)).toEqual({
    reference: `${repository}@${digest}`,
    version: tag,
    build: undefined,
  });
});

test('only an environment that says so builds the image, on the pinned base', () => {
  expect(applicationImage(dev.images).build).toBeUndefined();
  expect(applicationImage(local.images).build).toMatchObject({
    dockerfile: 'app/Dockerfile',
    args: { NODE_IMAGE: images.node },
  });
});

test('a built image is built anew when its sources, its packages or its recipe change', () => {
  expect(applicationImage(local.images).build?.sources).toEqual(
    expect.arrayContaining(['package-lock.json', 'app/Dockerfile', 'app/package.json', 'app/src', 'app/migrations']),
  );
});

test('the image of stockops is named and built like the application’s, on PostgreSQL of the server’s version', () => {
  const { repository, digest: released } = production.images.operations ?? {};
  expect(operationsImage(production.images, 17).reference).toBe(`${repository}@${released}`);
  expect(operationsImage(local.images, 17).build).toMatchObject({
    dockerfile: 'ops/Dockerfile',
    args: { NODE_IMAGE: images.node, POSTGRES_IMAGE: images.postgres },
  });
  expect(operationsImage(local.images, 18).build?.args).toEqual({
    NODE_IMAGE: images.node,
    POSTGRES_IMAGE: images.postgres18,
  });
  const { registry, pullPolicy, application, upstream } = dev.images;
  expect(() => operationsImage({ registry, pullPolicy, application, upstream }, 17)).toThrow(
    'images.operations: got nothing, allowed: the image of ops/Dockerfile',
  );
});

test.each([
  ['app/Dockerfile', applicationImage(local.images)],
  ['ops/Dockerfile', operationsImage(local.images, 17)],
])('all that %s copies from the repository makes a new image when it changes', (file, { build }) => {
  const copied = readFileSync(join(__dirname, '../../..', file), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap((line) => line.split(' ').slice(1, -1));
  const isWatched = (path: string) =>
    (build?.sources ?? []).some((source) => source === path || source.startsWith(`${path}/`));
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !isWatched(path))).toEqual([]);
});

describe('a component’s own image', () => {
  test('replaces the pinned one in the parts it names', () => {
    const settings = { ...dev.images, upstream: { postgres: { tag: '17.12' } } };
    expect(upstreamImage(settings, 'postgres')).toEqual({ reference: 'postgres:17.12', version: '17.12' });
  });

  test('may be a digest, so that what was tried is what is promoted', () => {
    const settings = { ...mirrored, upstream: { redis: { digest } } };
    expect(upstreamImage(settings, 'redis')).toEqual({
      reference: `mirror.example/all/redis@${digest}`,
      version: images.redis.split(':')[1],
    });
  });
});
