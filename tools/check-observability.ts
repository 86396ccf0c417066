import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type GoTool, goTool } from '../__tests__/alerts/go-tool';
import { environments } from '../config/environments';
import { textsOf } from '../constructs/workload/files';
import { Workload } from '../constructs/workload/workload';
import { withSystem } from '../stacks/system';

/** What judges the files of a component, by the last part of their path. */
const judges: Readonly<Record<string, { tool: GoTool; words: readonly string[] }>> = {
  // Two components may have an alert of one name, each of its own series: promtool takes that for a duplicate.
  'prometheus.yml': { tool: 'promtool', words: ['check', 'config', '--lint=too-long-scrape-interval', '--lint-fatal'] },
  'alertmanager.yml': { tool: 'amtool', words: ['check-config'] },
  'panels.json': { tool: 'promtool', words: ['check', 'rules', '--lint=all', '--lint-fatal'] },
};

/** Has the programs themselves read every environment's configuration of Prometheus and Alertmanager, rules included, and what panels ask. */
function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'observability-'));
  try {
    for (const config of environments) {
      const workloads = withSystem(config, ({ environment }) => environment.all(Workload));
      for (const path of workloads.flatMap((workload) => written(workload, join(folder, config.name)))) judge(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes the texts of the judged components below a folder; returns their paths. */
function written({ component, files }: Workload, folder: string): string[] {
  if (!['prometheus', 'alertmanager', 'grafana'].includes(component)) return [];
  const texts = Object.entries(textsOf(files));
  const dashboards = texts.filter(([name]) => name.startsWith('dashboards/')).map(([, text]) => text);
  const judged = component === 'grafana' ? ([['panels.json', rulesOf(dashboards)]] as const) : texts;
  return judged.map(([name, text]) => {
    const path = join(folder, component, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  });
}

interface Panels {
  readonly panels: ReadonlyArray<{ readonly targets: ReadonlyArray<{ readonly expr: string }> }>;
}

/** What panels ask, as rules, which promtool can judge; Grafana puts a time in the place of its variable. */
function rulesOf(dashboards: readonly string[]): string {
  const expressions = dashboards
    .flatMap((text) => (JSON.parse(text) as Panels).panels)
    .flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m')));
  const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
  return JSON.stringify({ groups: [{ name: 'panels', rules }] });
}

function judge(path: string): void {
  const [, judgement] = Object.entries(judges).find(([name]) => path.endsWith(`/${name}`)) ?? [];
  if (judgement) execFileSync(goTool(judgement.tool), [...judgement.words, path], { stdio: 'inherit' });
}

main();
