import type { FileSource } from '../../../constructs/workload/files';
import { filesFingerprint } from '../../../constructs/workload/files';
import { Workload } from '../../../constructs/workload/workload';
import { type DockerVolume, dockerContainer } from '../../docker-objects';
import { podOf } from '../../kubernetes-objects';
import { emptyStack, type ProductStack, rendered, service } from '../../product';

const withFiles = (files: Record<string, FileSource>) => (stack: ProductStack) => {
  new Workload(stack, 'web', service({ files }));
};
const refusal = (files: Record<string, FileSource>) => () => withFiles(files)(emptyStack('docker'));
const rules = (content: string): Record<string, FileSource> => ({
  'server.conf': { content: 'mode = safe' },
  'rules/api.yml': { content, onChange: 'reread' },
});

describe.each(['kubernetes', 'docker'] as const)('on %s', (target) => {
  test('a text may be decided when the stack is synthesized, after every connection is known', () => {
    let decided = 'too early';
    const stack = rendered(target, (stack) => {
      withFiles({ 'server.conf': { content: () => decided } })(stack);
      decided = 'in time';
    });
    expect(stack.text).toContain('in time');
    expect(stack.text).not.toContain('too early');
  });
});

describe('on Kubernetes', () => {
  const webOf = (files: Record<string, FileSource>) => podOf(rendered('kubernetes', withFiles(files)), 'web').template;

  test('a path with folders is a key without, mounted where it says', () => {
    const stack = rendered('kubernetes', withFiles({ a: { content: 'one' }, 'folder/b': { content: 'two' } }));
    expect(stack.resource<{ data: object }>('kubernetes_config_map_v1', 'web').data).toEqual({
      a: 'one',
      'folder..b': 'two',
    });
    expect(podOf(stack, 'web').template.spec.volume[0]?.projected?.[0]?.sources[0]?.config_map?.[0]).toEqual({
      name: 'stock-analysis-web',
      items: [
        { key: 'a', path: 'a' },
        { key: 'folder..b', path: 'folder/b' },
      ],
    });
  });

  test('a change of what is reread leaves the pod as it is, a change of anything else does not', () => {
    expect(webOf(rules('new'))).toEqual(webOf(rules('old')));
    const changed = { ...rules('old'), 'server.conf': { content: 'mode = fast' } };
    expect(webOf(changed)).not.toEqual(webOf(rules('old')));
  });

  test('more than a ConfigMap holds is refused with both sizes', () => {
    const files = { 'large.json': { content: 'x'.repeat(1024 * 1024) } };
    expect(() => rendered('kubernetes', withFiles(files))).toThrow(
      'workload "web": its files are 1048586 bytes, allowed: 1048576 in a ConfigMap',
    );
  });
});

describe('on Docker', () => {
  test('a folder that is reread is a volume of its own that a change of a text does not replace', () => {
    const [old, changed] = ['old', 'new'].map((text) => rendered('docker', withFiles(rules(text))));
    const names = (stack: typeof old) =>
      Object.values(stack?.resources<DockerVolume>('docker_volume') ?? {}).map(({ name }) => name);
    expect(names(changed)).toEqual(names(old));
    expect(names(old)).toHaveLength(2);
    expect(dockerContainer(changed as typeof old & object, 'web')).toEqual(
      dockerContainer(old as typeof old & object, 'web'),
    );
  });

  test('another file in it does: a volume does not lose what is no longer in it', () => {
    const more = { ...rules('old'), 'rules/worker.yml': { content: '', onChange: 'reread' as const } };
    const names = [rules('old'), more].map((files) =>
      Object.keys(rendered('docker', withFiles(files)).resources<DockerVolume>('docker_volume')),
    );
    expect(names[0]).toEqual(names[1]);
    const [before, after] = [rules('old'), more].map(
      (files) => rendered('docker', withFiles(files)).resource<DockerVolume>('docker_volume', 'web-files-rules').name,
    );
    expect(after).not.toBe(before);
  });

  test('the volume around it has a place for it to be mounted at', () => {
    const stack = rendered('docker', withFiles({ 'rules/api.yml': { content: '', onChange: 'reread' } }));
    expect(dockerContainer(stack, 'web-files').upload?.map(({ file }) => file)).toEqual([
      '/etc/stock-analysis/rules/.reread',
    ]);
    expect(dockerContainer(stack, 'web').mounts?.map(({ target }) => target)).toEqual([
      '/etc/stock-analysis',
      '/etc/stock-analysis/rules',
    ]);
  });

  test('an empty text is uploaded from an empty file, because the provider takes it for none', () => {
    const stack = rendered('docker', withFiles({ 'empty.conf': { content: () => '' } }));
    expect(dockerContainer(stack, 'web-files').upload).toEqual([
      { file: '/etc/stock-analysis/empty.conf', permissions: '0444', source: '/dev/null' },
    ]);
  });
});

test.each(['../passwd', '/etc/passwd', 'a//b', 'a b', '', 'folder/'])('the path "%s" is refused', (path) => {
  expect(refusal({ [path]: { content: '' } })).toThrow(`workload "web": file "${path}", allowed: letters, digits`);
});

test('a folder whose files are partly reread is refused, and so is one that is no folder', () => {
  const reread = { content: '', onChange: 'reread' as const };
  const message = 'is reread, allowed: in one folder, such as "rules/a", whose files all are';
  expect(refusal({ 'rules/a': reread, 'rules/b': { content: '' } })).toThrow(message);
  expect(refusal({ a: reread })).toThrow(message);
  expect(refusal({ 'rules/more/a': reread })).toThrow(message);
});

test('the fingerprint is that of what takes a restart', () => {
  expect(filesFingerprint(rules('new'))).toBe(filesFingerprint(rules('old')));
  expect(filesFingerprint({ a: { content: () => 'one' } })).toBe(filesFingerprint({ a: { content: 'one' } }));
  expect(filesFingerprint({ a: { content: 'two' } })).not.toBe(filesFingerprint({ a: { content: 'one' } }));
});
