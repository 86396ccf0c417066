import { memorySettings } from '../../config/components/postgres';
import dev from '../../config/environments/dev';
import { changed } from './changed';
import { problems } from './problems';

test.each([
  [512, { sharedBuffersMiB: 204, effectiveCacheSizeMiB: 1024 }],
  [768, { sharedBuffersMiB: 256, effectiveCacheSizeMiB: 1024 }],
  [1024, { sharedBuffersMiB: 256, effectiveCacheSizeMiB: 1024 }],
  [4096, { sharedBuffersMiB: 1024, effectiveCacheSizeMiB: 3072 }],
  [16_384, { sharedBuffersMiB: 4096, effectiveCacheSizeMiB: 12_288 }],
])('a server of %i MiB has a quarter for its pages, the manual’s at least if they fit', (memoryMiB, expected) => {
  expect(memorySettings({ memoryMiB })).toEqual(expected);
});

test('what an environment says itself stays', () => {
  expect(memorySettings({ memoryMiB: 4096, sharedBuffersMiB: 512 })).toMatchObject({ sharedBuffersMiB: 512 });
});

test('other settings are taken by name, but those that the platform says itself', () => {
  const refused = (settings: unknown) => problems(changed(dev, { 'postgres.settings': settings }));
  expect(refused({ work_mem: '16MB', random_page_cost: 1.1, jit: false })).toEqual([]);
  for (const name of ['fsync', 'data_directory', 'hba_file', 'max_connections', 'ssl_ca_file', 'archive_mode']) {
    expect(refused({ [name]: 'off' })).toEqual([
      expect.stringMatching(
        new RegExp(`^postgres\\.settings: got "${name}", allowed: a setting that the platform does not say`),
      ),
    ]);
  }
  expect(refused({ 'Work Mem': 1 })).toEqual([expect.stringMatching(/got "Work Mem", allowed: the name of a setting/)]);
  expect(refused({ work_mem: "1\nfsync = 'off'" })).toEqual([
    expect.stringMatching(/^postgres\.settings\.work_mem: got .+ allowed: a text of one line/),
  ]);
});
