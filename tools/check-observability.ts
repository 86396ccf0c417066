import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { environments } from '../config/environments';
import { platformApp } from '../constructs/workload/app';
import { isText, textOf } from '../constructs/workload/files';
import { Workload } from '../constructs/workload/workload';
import { addSystem } from '../stacks/system';

/** What judges the files of a component, by the last part of their path. */
const judges: Readonly<Record<string, readonly string[]>> = {
  // Two components may have an alert of one name, each of its own series: promtool takes that for a duplicate.
  'prometheus.yml': ['promtool', 'check', 'config', '--lint=too-long-scrape-interval', '--lint-fatal'],
  'alertmanager.yml': ['amtool', 'check-config'],
};

/** Has the programs themselves read every environment's configuration of Prometheus and Alertmanager, rules included. */
function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'observability-'));
  try {
    const app = platformApp(join(folder, 'unused'));
    for (const config of environments) {
      const workloads = addSystem(app, config).environment.all(Workload);
      for (const path of workloads.flatMap((workload) => written(workload, join(folder, config.name)))) judge(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the texts of the judged components below a folder; returns their paths. */
function written({ component, files }: Workload, folder: string): string[] {
  if (!['prometheus', 'alertmanager'].includes(component)) return [];
  return Object.entries(files).flatMap(([name, source]) => {
    if (!isText(source)) return [];
    const path = join(folder, component, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, textOf(source));
    return [path];
  });
}

function judge(path: string): void {
  const words = Object.entries(judges).find(([name]) => path.endsWith(`/${name}`))?.[1];
  if (words) execFileSync('go', ['tool', ...words, path], { cwd: __dirname, stdio: 'inherit' });
}

main();
