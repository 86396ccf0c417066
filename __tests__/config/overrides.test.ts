import fc from 'fast-check';
import { ConfigurationError } from '../../config/configuration-error';
import { defineEnvironment } from '../../config/environment';
import { environments } from '../../config/environments';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import production from '../../config/environments/production';
import staging from '../../config/environments/staging';
import { withOverrides } from '../../config/overrides';
import { changed } from './changed';

const digest = `sha256:${'ab'.repeat(32)}`;

test('no override changes nothing', () => {
  for (const config of environments) expect(withOverrides(config, {})).toEqual(config);
});

test('a registry is where every image comes from', () => {
  expect(withOverrides(dev, { imageRegistry: 'mirror.example/all' })).toEqual({
    ...dev,
    images: { ...dev.images, registry: 'mirror.example/all' },
  });
});

test('what an override makes is frozen as well', () => {
  expect(Object.isFrozen(withOverrides(dev, { imageRegistry: 'mirror.example' }).images)).toBe(true);
});

describe('an application image', () => {
  test.each([
    ['app:1.2.3', { repository: 'app', tag: '1.2.3', digest: undefined }],
    ['registry.example:5000/team/app:1', { repository: 'registry.example:5000/team/app', tag: '1', digest: undefined }],
    [`app@${digest}`, { repository: 'app', tag: 'digest', digest }],
    [`registry.example/app:1@${digest}`, { repository: 'registry.example/app', tag: '1', digest }],
  ])('%s is taken apart', (reference, parts) => {
    expect(withOverrides(local, { applicationImage: reference }).images.application).toEqual({
      ...parts,
      build: false,
    });
  });

  test.each([
    'app',
    'app:',
    ':1',
    'registry.example:5000/app',
    `@${digest}`,
    'app@sha256:abc',
    `app@${digest.toUpperCase()}`,
  ])('%s is refused in words: it names no image or not which', (reference) => {
    expect(() => withOverrides(local, { applicationImage: reference })).toThrow(
      new ConfigurationError(
        `application image "${reference}", allowed: name:tag, name@sha256:<64 hexadecimal digits>, or name:tag@sha256:...`,
      ),
    );
  });

  test.each(['app:1:2', 'my app:1', 'App:1', '/app:1', 'app:latest'])(
    '%s is refused: no engine pulls it, or not the same twice',
    (reference) => {
      expect(() => withOverrides(local, { applicationImage: reference })).toThrow(ConfigurationError);
    },
  );

  test('stands beside that of stockops, which is replaced alone, where there is one', () => {
    const { images } = withOverrides(local, { operationsImage: 'ops:2' });
    expect(images.operations).toEqual({ repository: 'ops', tag: '2', build: false });
    expect(images.application).toEqual(local.images.application);
    expect(() => withOverrides(local, { operationsImage: 'ops' })).toThrow('operations image "ops", allowed: name:tag');
    const without = defineEnvironment(changed(local, { 'images.operations': undefined, backup: undefined }));
    expect(withOverrides(without, { operationsImage: 'ops:2' }).images.operations).toBeUndefined();
  });

  test('replaces the digest of the one before it, so production refuses a mere tag', () => {
    expect(withOverrides(staging, { applicationImage: 'app:1' }).images.application.digest).toBeUndefined();
    expect(() => withOverrides(production, { applicationImage: 'app:1' })).toThrow(
      'images.application.digest: got nothing, allowed: a sha256 digest in production',
    );
    expect(withOverrides(production, { applicationImage: `app@${digest}` }).images.application.digest).toBe(digest);
  });

  test('is read the same from its parts, whatever they are', () => {
    const repository = fc.stringMatching(/^([a-z0-9]+\.[a-z]+(:[0-9]{2,5})?\/)?[a-z0-9]+(\/[a-z0-9]+)?$/);
    const tag = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}[a-z0-9]$/).filter((text) => text !== 'latest');
    const hash = fc.option(fc.stringMatching(/^[0-9a-f]{64}$/), { nil: undefined });
    fc.assert(
      fc.property(repository, tag, hash, (name, version, hex) => {
        const applicationImage = `${name}:${version}${hex ? `@sha256:${hex}` : ''}`;
        const { application } = withOverrides(dev, { applicationImage }).images;
        expect([application.repository, application.tag, application.digest]).toEqual([
          name,
          version,
          hex && `sha256:${hex}`,
        ]);
      }),
    );
  });
});

describe('a permission to destroy', () => {
  test('lifts the protection of the environment it names, and of no other', () => {
    expect(withOverrides(dev, { allowDestroy: 'dev' }).deletionProtection).toBe(false);
    expect(withOverrides(dev, { allowDestroy: 'staging' }).deletionProtection).toBe(true);
    expect(withOverrides(dev, { allowDestroy: 'true' }).deletionProtection).toBe(true);
  });

  test('is refused for production', () => {
    expect(() => withOverrides(production, { allowDestroy: 'production' })).toThrow(
      'deletionProtection: got false, allowed: true in production',
    );
  });
});
