import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SynthesizedStack } from '../../../ops/src/place/synthesized';
import { KubernetesRecovery } from '../../../ops/src/recover/kubernetes-recovery';

/** As kubectl does it: of a Secret that has only what was applied last. */
const kubectl = `#!/usr/bin/env node
const { readFileSync, writeFileSync, existsSync, appendFileSync } = require('node:fs');
const words = process.argv.slice(2);
appendFileSync(process.env.FAKE_SECRET + '.log', words.join(' ') + '\\n');
if (words.includes('apply')) {
  const file = words[words.indexOf('-f') + 1];
  writeFileSync(process.env.FAKE_SECRET, readFileSync(file === '-' ? 0 : file));
} else if (existsSync(process.env.FAKE_SECRET)) {
  process.stdout.write(JSON.parse(readFileSync(process.env.FAKE_SECRET, 'utf8')).data['secret-key'] ?? '');
}
`;
const secretKey = 'the key that was kept apart';

describe('the Secret of a cluster that is brought back', () => {
  let folder: string;
  const given = { ...process.env };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kubernetes-recovery-'));
    writeFileSync(path.join(folder, 'kubectl'), kubectl, { mode: 0o755 });
    process.env.PATH = `${folder}${path.delimiter}${given.PATH}`;
    process.env.FAKE_SECRET = path.join(folder, 'secret');
  });
  afterEach(() => {
    process.env = { ...given };
    rmSync(folder, { recursive: true });
  });

  test('has the key that was kept apart, which is in no command line', async () => {
    const [step] = new KubernetesRecovery('dev', stacks, undefined).beforeBackup({ SECRET_KEY: secretKey }, applied);
    expect(await step?.isSo?.(false)).toBe(false);
    await step?.act(() => undefined);
    expect(await step?.isSo?.(true)).toBe(true);
    expect(JSON.parse(readFileSync(path.join(folder, 'secret'), 'utf8')).metadata).toEqual({
      name: 'stock-analysis-api',
      namespace: 'stock-analysis',
    });
    const said = readFileSync(path.join(folder, 'secret.log'), 'utf8');
    expect(said).not.toContain(secretKey);
    expect(said).not.toContain(Buffer.from(secretKey).toString('base64'));
  });

  const applied = async () => undefined;
});

const metadata = { name: 'stock-analysis-api', namespace: 'stock-analysis' };
const items = [{ key: 'secret-key', path: 'secret-key' }];
const pod = {
  container: [{ env: [{ name: 'SECRET_KEY_FILE', value: '/etc/stock-analysis/secret-key' }] }],
  volume: [{ projected: [{ sources: [{ secret: [{ name: metadata.name, items }] }] }] }],
};
const backup = {
  metadata: { name: 'stock-analysis-backup', namespace: 'stock-analysis' },
  spec: { template: { spec: pod } },
};
const stack = (name: string, resources: SynthesizedStack['resources']): SynthesizedStack => ({
  name,
  folder: '',
  resources,
  backend: {},
  providers: { kubernetes: [{}] },
});
const stacks = [
  stack('dev-application', { kubernetes_secret_v1: { api: { metadata } } }),
  stack('dev-backup', {
    kubernetes_stateful_set_v1: { backup },
    kubernetes_config_map_v1: { configuration: { data: { 'environment.json': '{"hosts":["localhost"]}' } } },
  }),
];
