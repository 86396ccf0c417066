import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type GoTool, goTool } from '../__tests__/alerts/go-tool';
import { environments } from '../config/environments';
import { accountFolder } from '../constructs/workload/cluster-access';
import { CustomObject } from '../constructs/workload/custom-object';
import { textsOf } from '../constructs/workload/files';
import { Workload } from '../constructs/workload/workload';
import { environmentsBesideOthers } from '../examples/existing/environments';
import { withSystem } from '../stacks/system';

/** What judges the files of a component, by the last part of their path. */
const judges: Readonly<Record<string, { tool: GoTool; words: readonly string[] }>> = {
  // Two components may have an alert of one name, each of its own series: promtool takes that for a duplicate.
  'prometheus.yml': { tool: 'promtool', words: ['check', 'config', '--lint=too-long-scrape-interval', '--lint-fatal'] },
  'alertmanager.yml': { tool: 'amtool', words: ['check-config'] },
  // The same goes for the rules that another team's Prometheus is given.
  'rules.json': { tool: 'promtool', words: ['check', 'rules', '--lint=none'] },
  'panels.json': { tool: 'promtool', words: ['check', 'rules', '--lint=all', '--lint-fatal'] },
};

/** Has the programs themselves read the configuration of Prometheus and Alertmanager, rules included, and what panels ask: ours, and the examples'. */
function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'observability-'));
  try {
    for (const name of ['token', 'ca.crt']) write(join(folder, accountFolder, name), '');
    for (const config of [...environments, ...environmentsBesideOthers]) {
      const own = join(folder, config.name);
      const paths = withSystem(config, ({ environment }) => [
        ...environment.all(Workload).flatMap((workload) => written(workload, own, join(folder, accountFolder))),
        ...environment.all(CustomObject).flatMap((object) => writtenRules(object, own)),
      ]);
      for (const path of paths) judge(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Writes the texts of the judged components below a folder; returns their paths.
 *
 * @param account stands for the folder of a pod's token: promtool asks whether files are there
 */
function written({ component, files }: Workload, folder: string, account: string): string[] {
  if (!['prometheus', 'alertmanager', 'grafana'].includes(component)) return [];
  const texts = Object.entries(textsOf(files)).map(
    ([name, text]) => [name, text.replaceAll(accountFolder, account)] as const,
  );
  const dashboards = texts.filter(([name]) => name.startsWith('dashboards/')).map(([, text]) => text);
  const judged = component === 'grafana' ? ([['panels.json', rulesOf(dashboards)]] as const) : texts;
  return judged.map(([name, text]) => write(join(folder, component, name), text));
}

/** The same for rules that are an object of prometheus-operator, whose specification is a file of rules. */
const writtenRules = ({ props: { kind, component, body } }: CustomObject, folder: string): string[] =>
  kind === 'PrometheusRule' ? [write(join(folder, component, 'rules.json'), JSON.stringify(body.spec))] : [];

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
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
