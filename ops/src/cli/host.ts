import { type Command, InvalidArgumentError } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import type { HostFinding } from '../host/checks/finding';
import type { Applied, Hosting } from '../host/host';
import type { HostRecord } from '../host/record';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { countsOf, exitCodeOf } from './findings';

interface HostOptions extends AnswerOptions {
  root: string;
  networkNamespace?: string;
  firewall?: boolean;
}

const trialSeconds = 120;

/** Adds `stockops host` with what is done to a machine. */
export function addHost(program: Command): void {
  const host = program
    .command('host')
    .description(
      'the machine that a Docker engine, or the product without one, runs on: its kernel, limits, firewall and upkeep',
    )
    .addHelpText('afterAll', exitCodeHelp);

  onHost(host.command('check').description('look at everything, change nothing'))
    .option('--gateway-log <file>', 'access log of the gateway (default: what its container said within a day)')
    .action((options: HostOptions & { gatewayLog?: string }) =>
      answer('host check', options, async () => {
        const { checkHost } = await import('../host/checks/checks.js');
        return findingsAnswer(await checkHost({ ...(await hostingOf(options)), gatewayLog: options.gatewayLog }));
      }),
    );

  onHost(host.command('apply').description('set what is missing, in files of our own; what was before is kept'))
    .option('--dry-run', 'say what would be changed, and change nothing')
    .option('--no-firewall', 'leave the firewall as it is')
    .option('--confirm-within <seconds>', 'the firewall is taken away again after', parseSeconds, trialSeconds)
    .addHelpText(
      'after',
      `
A value that is higher already stays. The rules of the firewall let SSH, 80 and 443 in; they are loaded on trial: log in once more, then
stockops host confirm. Without it they are gone after ${trialSeconds} s.`,
    )
    .action((options: HostOptions & { dryRun?: boolean; confirmWithin: number }) =>
      answer('host apply', options, async () => {
        const { applyHost, planOf } = await import('../host/host.js');
        const { isEmpty, planLines } = await import('../host/plan.js');
        const hosting = await hostingOf(options);
        if (!options.dryRun) return appliedAnswer(await applyHost(hosting, options.confirmWithin), planLines);
        const plan = await planOf(hosting);
        const end = isEmpty(plan)
          ? 'nothing is to be changed'
          : 'nothing was changed; the same without --dry-run does it';
        return { json: { ...plan, dryRun: true }, lines: [...planLines(plan), end] };
      }),
    );

  onHost(
    host.command('confirm').description('keep the rules of the firewall that are on trial, also for the next start'),
  ).action((options: HostOptions) =>
    answer('host confirm', options, async () => {
      const { confirmFirewall } = await import('../host/host.js');
      const record = await confirmFirewall(await hostingOf(options));
      return { json: { record: record?.id }, lines: ['the firewall stays'] };
    }),
  );

  onHost(host.command('revert').description('bring everything to what it was before an apply'))
    .argument('[apply]', 'the first that is taken back, with all after it (default: the newest)')
    .action((id: string | undefined, options: HostOptions) =>
      answer('host revert', options, async () => {
        const { revertHost } = await import('../host/host.js');
        return revertedAnswer(await revertHost(await hostingOf(options), id));
      }),
    );

  host
    .command('units')
    .description('units of systemd: backup, drill, maintain, certificates, integrity, and the product without Docker')
    .option('--write <folder>', 'write them there instead of printing them')
    .option('--checkout <folder>', 'where the product is installed', '/opt/stock-analysis')
    .option('--data <folder>', 'where its data is', '/var/lib/stock-analysis')
    .option('--user <name>', 'who runs it', 'stock-analysis')
    .option('--json', 'print JSON')
    .action((options: AnswerOptions & { write?: string; checkout: string; data: string; user: string }) =>
      answer('host units', options, async () => {
        const { renderUnits, writeUnits } = await import('../host/units.js');
        const units = renderUnits(options);
        if (!options.write) {
          return { json: { units }, lines: units.flatMap(({ name, content }) => [`==> ${name}`, content]) };
        }
        await writeUnits(options.write, units);
        return { json: { units }, lines: [`${units.length} units are in ${options.write}`] };
      }),
    );
}

const onHost = (command: Command): Command =>
  command
    .option('--root <folder>', 'root folder of another system, which is not running', '/')
    .option('--network-namespace <name>', 'of `ip netns`: has the firewall of another root loaded there')
    .option('--json', 'print JSON');

async function hostingOf({ root, networkNamespace, firewall = true }: HostOptions): Promise<Hosting> {
  const { HostRoot } = await import('../host/host-root.js');
  const host = new HostRoot(root);
  await host.requireSystem();
  return { root: host, networkNamespace, hasFirewall: firewall };
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 5 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError('allowed: whole seconds from 5 to 3600');
}

function findingsAnswer(findings: readonly HostFinding[]): Answer {
  const rows = findings.map(({ id, title, state, seen, advice = '' }) => [id, state, title, seen, advice]);
  return {
    json: { findings },
    lines: [...alignedTable(['CHECK', 'STATE', 'WHAT', 'SEEN', 'WHAT TO DO'], rows), countsOf(findings)],
    exitCode: exitCodeOf(findings),
  };
}

function appliedAnswer(
  { plan, record, trial, shutOut, unfinished }: Applied,
  planLines: (plan: Applied['plan']) => string[],
): Answer {
  const hasUnits = plan.files.some(({ path }) => path.includes('.service.d/'));
  return {
    json: { ...plan, record: record?.id, trial: trial?.until, shutOut, unfinished },
    lines: [
      ...unfinished.map((id) => `taken back first what was half-done: ${id}`),
      ...planLines(plan),
      record ? `applied; back again: stockops host revert ${record.id}` : 'nothing was to be changed',
      ...(hasUnits
        ? ['services take their limits when they start: systemctl restart docker, in the window for it']
        : []),
      ...(shutOut.length > 0 ? [`shut out for others: ${shutOut.join(', ')}`] : []),
      ...(trial
        ? [`the firewall is on trial until ${trial.until}: log in once more, then: stockops host confirm`]
        : []),
    ],
  };
}

const revertedAnswer = (records: readonly HostRecord[]): Answer => ({
  json: { reverted: records.map(({ id }) => id) },
  lines:
    records.length > 0
      ? records.map(({ id, files, kernel }) => `taken back: ${id}, ${files.length} files, ${kernel.length} parameters`)
      : ['taken back: what was half-done or on trial'],
});
