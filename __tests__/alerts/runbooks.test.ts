import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { typescript } from '../../app/test/support/typescript';
import local from '../../config/environments/local';
import { kubeStateMetricsAlerts } from '../../constructs/exporters/kube-state-metrics-alerts';
import { kubeletAlerts } from '../../constructs/exporters/kubelet-alerts';
import { Workload } from '../../constructs/workload/workload';
import { scripts } from '../../package.json';
import { repositoryRoot } from '../command';
import { commandOf } from '../ops/stockops';
import { environmentSystem, stacksOf } from '../synthesized';
import { routes } from './routes';
import { alwaysFiring, watchedComponents } from './watched-components';

const alerts = watchedComponents.flatMap(({ alerts = [] }) => alerts);
const names = alerts.map(({ name }) => name).sort();
const folder = join(repositoryRoot, 'docs/runbooks');
// Those of other tasks have names in lower case.
const runbooks = readdirSync(folder).filter((file) => /^[A-Z]/.test(file) && file !== 'README.md');
/** Those of the manual's faults (section 5), which lead to those of alerts. */
const faults = [
  'service-does-not-answer.md',
  'database-does-not-answer.md',
  'cache-does-not-answer.md',
  'cpu-is-high.md',
];
const commandsAfter = (heading: string, file: string): string[] =>
  readFileSync(join(folder, file), 'utf8').split(`${heading}\n\n\`\`\`sh\n`)[1]?.split('\n```')[0]?.split('\n') ?? [];
const firstCommands = (file: string) => commandsAfter('## First commands', file);
const commandsOnEngine = (file: string) => commandsAfter('On a Docker engine:', file);

interface Named {
  readonly metadata: { readonly name: string };
}

/** Alerts that no Docker engine can give. */
const ofClusters = [...[...kubeStateMetricsAlerts, ...kubeletAlerts([])].map(({ name }) => name), 'TargetsNotFound'];

test('every alert has a runbook, every runbook an alert', () => {
  expect(runbooks.map((file) => file.replace(/\.md$/, '')).sort()).toEqual(names);
});

test('no two alerts have one name', () => {
  expect(new Set(names).size).toBe(names.length);
});

test('every alert has one row in the table of routes', () => {
  expect(routes.flatMap(({ alerts }) => alerts).sort()).toEqual(names);
});

test('an alert that explains others is critical, and they are there', () => {
  for (const { explains = [], severity } of alerts.filter(({ explains }) => explains)) {
    expect(severity).toBe('critical');
    expect(names).toEqual(expect.arrayContaining([...explains]));
  }
});

test('every component with alerts is watched', () => {
  const withAlerts = readdirSync(join(repositoryRoot, 'constructs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('alerts.ts'))
    // One folder holds several exporters.
    .map((file) => file.replace(/^exporters\/|.alerts\.ts$/g, ''));
  expect(watchedComponents.map(({ component }) => component)).toEqual(withAlerts.sort());
});

test('every alert has a case in which it is pending, fires and is quiet, and every case an alert', () => {
  const cased = watchedComponents.flatMap(({ cases }) => Object.keys(cases));
  expect([...cased, alwaysFiring].sort()).toEqual(names);
});

test.each(alerts)('$name is pending before it fires, and says its value', ({ name, forSeconds, description }) => {
  const found = watchedComponents.map(({ cases }) => cases[name]).find((each) => each !== undefined);
  expect(description).toMatch(/\{\{ \$value/);
  if (name === alwaysFiring) expect(forSeconds).toBe(0);
  else expect(found?.firingAt).toBeGreaterThanOrEqual((found?.pendingAt ?? 0) + 1);
});

test.each([...runbooks, ...faults])('%s says what to do, begins with three commands, and ends', (file) => {
  const headings = [...readFileSync(join(folder, file), 'utf8').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['Meaning', 'Impact', 'First commands', 'What to do', 'It is over when', 'Undo']);
  expect(firstCommands(file)).toHaveLength(3);
});

const withoutCluster = runbooks.filter((file) => !ofClusters.includes(file.replace(/\.md$/, '')));

test.each(withoutCluster)('%s begins with three commands on a Docker engine too', (file) => {
  const ask = (commands: string[], program: string) => commands.filter((command) => command.startsWith(program));
  expect(ask(firstCommands(file), 'docker ')).toEqual([]);
  if (ask(firstCommands(file), 'kubectl ').length === 0) return;
  expect(new Set(commandsOnEngine(file)).size).toBe(3);
  expect(ask(commandsOnEngine(file), 'kubectl ')).toEqual([]);
});

const pages = [...runbooks, ...faults];
const commands = [...new Set([...pages.flatMap(firstCommands), ...pages.flatMap(commandsOnEngine)])].sort();

test.each(faults)('%s looks at an environment, and ends with the checklist', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  expect(firstCommands(file)[0]).toMatch(/^npm run stockops -- /);
  expect(text.split('## It is over when')[1]).toContain('npm run stockops -- checklist $ENVIRONMENT');
});

/** Ours that these pages name, wherever they stand, without what they are told. */
const ofEnvironments = [
  ...new Set(
    faults.flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/npm run stockops -- ([a-z]+) \$ENVIRONMENT/g)].map(
        ([, name]) => `stockops ${name}`,
      ),
    ),
  ),
].sort();

test('the pages of faults name commands', () => {
  expect(ofEnvironments).toEqual(expect.arrayContaining(['stockops checklist', 'stockops health', 'stockops logs']));
});

const ofProgram = (name: string) =>
  [...commands, ...ofEnvironments].filter((command) => command.startsWith(`${name} `));

test.each(ofProgram('stock'))(
  '%s is a command of this version',
  (command) => {
    const words = [...typescript, 'app/src/stock.ts', ...command.split(' ').slice(1), '--help'];
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: repositoryRoot, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: ${command}( |$)`, 'm'));
  },
  60_000,
);

test.each(ofProgram('stockops'))('%s is a command of this version', (command) => {
  const help = commandOf(command.split(' ').slice(1)).helpInformation();
  expect(help).toMatch(new RegExp(`^Usage: ${command}( |$)`));
});

test.each(commands.filter((command) => command.startsWith('npm run ')))('%s is a script', (command) => {
  expect(Object.keys(scripts)).toContain(command.replace('npm run ', '').split(' -- ')[0]);
});

const kinds = {
  deployment: 'kubernetes_deployment_v1',
  statefulset: 'kubernetes_stateful_set_v1',
  cronjob: 'kubernetes_cron_job_v1',
};
/** What runs of staging, as kubectl calls it. */
const inCluster = Object.entries(kinds).flatMap(([kind, type]) =>
  stacksOf('staging')
    .flatMap((stack) => Object.values(stack.resources<Named>(type)))
    .map(({ metadata }) => `${kind}/${metadata.name}`),
);
/** The containers of local. */
const onEngine = environmentSystem('local')
  .environment.all(Workload)
  .map(({ name }) => name);

test.each(commands.filter((command) => /(deployment|statefulset|cronjob)\//.test(command)))(
  '%s is about something that a cluster runs',
  (command) => {
    expect(inCluster).toContain(/[a-z]+\/stock-\S+/.exec(command)?.[0]);
  },
);

test.each(commands.filter((command) => /^docker (logs|inspect|exec) /.test(command)))(
  '%s is about a container of an engine',
  (command) => {
    expect(onEngine).toContain(/\$NAMESPACE-\S+/.exec(command)?.[0].replace('$NAMESPACE', local.namespace));
  },
);

test('no page is about one namespace', () => {
  const fixed = runbooks.filter((file) =>
    /-n stock-analysis|^docker .* stock-analysis/m.test(readFileSync(join(folder, file), 'utf8')),
  );
  expect(fixed).toEqual([]);
});

test('all other commands are those of the machine, the cluster and the engine', () => {
  const others = commands.filter((command) => !/^(stock|stockops|npm run) /.test(command));
  expect(others.filter((command) => !/^(kubectl|docker|df) /.test(command))).toEqual([]);
});
