import assert from 'node:assert/strict';
import { runJourney } from './journey';
import { run, step, synthesizeStacks } from './terraform';

/**
 * Deploys the local environment to the engine of DOCKER_HOST, uses it, plans again, and destroys it.
 * See docs/end-to-end.md for what it needs.
 */
async function main(): Promise<void> {
  assert.equal(
    ours('ps', '-a'),
    '',
    'containers of the system exist; this script destroys them at the end: remove them first',
  );
  run('node', ['--import', 'tsx', 'stacks/write-secret-files.ts']);
  const stacks = synthesizeStacks('local', {});
  try {
    for (const stack of stacks) stack.apply();
    const api = ['exec', 'stock-analysis-api', 'node', '/app/dist/stock.js'];
    const created = run('docker', [...api, 'apikey', 'create', '--name', 'e2e', '--scopes', 'read,write']);
    const began = performance.now();
    await runJourney('http://localhost:8080', created.trim());
    console.error(
      `posted a job and got its rows through the gateway ... ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
    for (const stack of stacks) stack.requireEmptyPlan();
  } finally {
    for (const stack of stacks.toReversed()) stack.destroy();
  }
  step('nothing is left', () => {
    for (const kind of [
      ['ps', '-a'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ] as const)
      assert.equal(ours(...kind), '');
  });
}

const ours = (...listing: string[]) =>
  run('docker', [...listing, '-q', '--filter', 'label=app.kubernetes.io/part-of=stock-analysis']);

main().catch((error: Error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
