import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderRules, rulesOf } from '../../constructs/prometheus/prometheus-config';
import { scopedTo } from '../../constructs/prometheus/scoped-expression';
import { evaluatorTests } from './evaluator-tests';
import { goTool } from './go-tool';
import { alwaysFiringTest, promtoolTests, repository } from './promtool-tests';
import { alwaysFiring, watchedComponents } from './watched-components';

// Checks every rule, as it is and as a Prometheus of many is given it, runs every case and recomputes what the embedded product's evaluator gives, with promtool: that of
// PROMTOOL, or of tools/go.mod.
const promtool = goTool('promtool');

const tests = watchedComponents.flatMap(({ alerts = [], cases }) =>
  alerts.flatMap((alert) => {
    const behaviour = cases[alert.name];
    if (behaviour) return promtoolTests(alert, behaviour);
    return alert.name === alwaysFiring ? [alwaysFiringTest(alert)] : [];
  }),
);

const scope = { environment: 'dev' };
const scopedToScope = (expression: string) => scopedTo(scope, expression);

const folder = mkdtempSync(join(tmpdir(), 'rules-'));
try {
  const rules = join(folder, 'rules.json');
  const scoped = join(folder, 'scoped.json');
  const cases = join(folder, 'cases.json');
  const evaluator = join(folder, 'evaluator.json');
  writeFileSync(rules, renderRules(watchedComponents, repository));
  writeFileSync(
    scoped,
    JSON.stringify(rulesOf(watchedComponents, { repository, labels: scope, expressionOf: scopedToScope })),
  );
  writeFileSync(cases, JSON.stringify({ rule_files: [rules], evaluation_interval: '1m', tests }, null, 2));
  writeFileSync(
    evaluator,
    JSON.stringify({ rule_files: [rules], evaluation_interval: '15s', tests: evaluatorTests() }, null, 2),
  );
  for (const command of [
    ['check', 'rules', '--lint=all', '--lint-fatal', rules],
    ['check', 'rules', '--lint=all', '--lint-fatal', scoped],
    ['test', 'rules', cases],
    ['test', 'rules', evaluator],
  ]) {
    const { status, error } = spawnSync(promtool, command, { stdio: 'inherit' });
    if (error) throw new Error(`${promtool}: ${error.message}`);
    if (status !== 0) process.exitCode = 1;
  }
  console.log(`${tests.length} cases of ${watchedComponents.flatMap(({ alerts = [] }) => alerts).length} alerts`);
} finally {
  rmSync(folder, { recursive: true });
}
