import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { copyRepository } from './repository-copy';

/**
 * Adds what CONTRIBUTING.md tells how to add, one of each kind, to a copy of the repository: no test of the infrastructure
 * may need a change for it, only the plans are renewed.
 */
const root = join(__dirname, '..');
const recipes = {
  'pgadmin.ts': 'constructs/pgadmin/pgadmin.ts',
  'node-watcher.ts': 'constructs/node-watcher/node-watcher.ts',
  'greeting.ts': 'constructs/greeting/greeting.ts',
  'second-team.ts': 'config/environments/second-team.ts',
};

function main(): void {
  const copy = mkdtempSync(join(tmpdir(), 'recipes-'));
  try {
    copyRepository(copy);
    add(copy);
    const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: copy, stdio: 'inherit' });
    run('npm', 'run', '--silent', 'types');
    run('npm', 'run', '--silent', 'plans');
    run('npx', 'jest', '--selectProjects', 'infrastructure');
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function add(copy: string): void {
  for (const [recipe, path] of Object.entries(recipes)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, 'e2e/recipes', recipe), join(copy, path));
  }
  edit(
    copy,
    'config/versions.ts',
    '  nginx:',
    "  pgadmin: 'dpage/pgadmin4:9.10.0',\n  nodeWatcher: 'prom/node-exporter:v1.10.2',\n  nginx:",
  );
  edit(
    copy,
    'stacks/application-stack.ts',
    'import { Scheduler }',
    `import { Greeting } from '../constructs/greeting/greeting';
import { NodeWatcher } from '../constructs/node-watcher/node-watcher';
import { PgAdmin } from '../constructs/pgadmin/pgadmin';
import { CustomObject } from '../constructs/workload/custom-object';
import { Scheduler }`,
  );
  edit(
    copy,
    'stacks/application-stack.ts',
    "    cache.allow('worker', worker);",
    `    cache.allow('worker', worker);
    postgres.allow('read', new PgAdmin(this, 'pgadmin', { image: upstreamImage(config.images, 'pgadmin') }));
    new NodeWatcher(this, 'node-watcher', { image: upstreamImage(config.images, 'nodeWatcher') });
    cache.allow('api', new Greeting(this, 'greeting', { image }));
    if (config.target === 'kubernetes') {
      const kind = { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor' };
      new CustomObject(this, 'monitor', { ...kind, component: 'pgadmin', body: { spec: { podMetricsEndpoints: [] } } });
    }`,
  );
}

/** Changes one text that has to be there. */
function edit(copy: string, path: string, before: string, after: string): void {
  const text = readFileSync(join(copy, path), 'utf8');
  if (!text.includes(before)) throw new Error(`${path} has no "${before}"`);
  writeFileSync(join(copy, path), text.replace(before, after));
}

main();
