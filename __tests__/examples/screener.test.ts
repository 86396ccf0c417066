import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot, runScript, stopCommands } from '../command';
import { flowsThroughPolicies } from '../flows';
import { podsOf } from '../kubernetes-objects';
import { restrictedViolations } from '../pod-security';
import { SynthesizedStack } from '../synthesized';

const folder = mkdtempSync(join(tmpdir(), 'screener-'));
let stacks: SynthesizedStack[];
beforeAll(async () => {
  const { status, stderr } = await runScript(join(repositoryRoot, 'examples/screener/main.ts'), {}, folder);
  expect([status, stderr]).toEqual([0, '']);
  stacks = ['screening-platform', 'screening-screener'].map(
    (name) => new SynthesizedStack(name, readFileSync(join(folder, 'cdktf.out/stacks', name, 'cdk.tf.json'), 'utf8')),
  );
});
afterAll(() => {
  stopCommands();
  rmSync(folder, { recursive: true });
});

test('another team’s app is its component and the parts it takes, with the flows that it declares and no other', () => {
  expect(flowsThroughPolicies(stacks)).toEqual(['outside -> screener:3000', 'screener -> cache:6379']);
});

test('its pods are as restricted as ours, and come from its registry with its pull secret', () => {
  const pods = stacks.flatMap(podsOf);
  expect(pods.map(({ component }) => component).sort()).toEqual(['cache', 'screener']);
  for (const { template } of pods) {
    expect(restrictedViolations(template.spec)).toEqual([]);
    expect(template.spec).toMatchObject({ image_pull_secrets: [{ name: 'registry' }] });
    expect(template.spec.container[0]?.image).toMatch(/^registry\.screening\.example\//);
  }
});
