import type { Command } from 'commander';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { answer, exitCodeHelp } from './answer';
import { exitCodeOf, findingLine, lastLine } from './findings';
import { type LookOptions, withLookedAt } from './looked-at';

interface DoctorOptions extends LookOptions {
  only?: string;
  strict?: boolean;
  probe?: boolean;
}

/** Adds `stockops doctor`. */
export function addDoctor(program: Command): void {
  withLookedAt(program.command('doctor'))
    .description('look at everything that an environment needs and is, and say what to do')
    .option('--only <ids>', 'these checks and those that they need: ids or their beginnings, such as K8S,TLS-001')
    .option('--probe', 'also those that make something there for a moment, which they take away again')
    .option('--strict', 'warnings fail too')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Changes nothing. Every check has an id that stays; docs/checks.md explains each. What needs the internet is no worse than a warning,
what could not be asked is unknown, and what depends on either is skipped and says so.

Examples:
  npm run stockops -- doctor
  npm run stockops -- doctor local
  npm run stockops -- doctor pr-7 --from dev          a preview
  KUBE_CONFIG_PATH=~/.kube/config npm run stockops -- doctor dev --only K8S --probe
${exitCodeHelp}`,
    )
    .action((environment: string, { from, only, strict = false, probe = false, json }: DoctorOptions) =>
      answer('doctor', { json }, async (progress, signal) => {
        const { openSubject } = await import('../look/open-subject.js');
        const { findingsOf } = await import('../look/findings-of.js');
        const { registry } = await import('../checks/registry.js');
        const isWanted = wantedBy(
          only,
          registry.map(({ id }) => id),
        );
        const subject = await openSubject({ environment, from, progress, signal });
        const findings = await findingsOf(subject, { isWanted, isProbing: probe, progress });
        const exitCode = exitCodeOf(findings, strict);
        return {
          json: { environment, exitCode, findings },
          exitCode,
          lines: [...findings.map(findingLine), lastLine(findings, exitCode)],
        };
      }),
    );
}

/** @throws UsageError for what no check's id begins with */
function wantedBy(only: string | undefined, ids: readonly string[]): (check: { id: string }) => boolean {
  if (only === undefined) return () => true;
  const beginnings = only.split(',').map((each) => each.trim().toUpperCase());
  const isOf = (id: string, beginning: string) => id === beginning || id.startsWith(`${beginning}-`);
  const strange = beginnings.filter((beginning) => !ids.some((id) => isOf(id, beginning)));
  if (strange.length > 0) {
    const kinds = [...new Set(ids.map((id) => id.split('-')[0]))];
    throw new UsageError(
      `there is no check ${strange.join(', ')}; allowed: ids of docs/checks.md, or ${kinds.join(', ')}`,
    );
  }
  return ({ id }) => beginnings.some((beginning) => isOf(id, beginning));
}
