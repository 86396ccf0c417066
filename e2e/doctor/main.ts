import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { markdownTable } from '../markdown-table';
import { copyRepository } from '../repository-copy';
import { runWithCleanup } from '../run-with-cleanup';
import { askDoctor, type Case } from './case';
import { deployedCases, emptyClusterCases, makeNamespaceOfState } from './cluster-cases';
import { machineCases } from './machine-cases';

/**
 * Breaks set-ups, one thing of each, and asks the doctor of them. What it says of the same set-up whole, and of the broken one, is printed as a
 * table. See docs/end-to-end.md for what each kind needs.
 */
const kinds: Readonly<Record<string, { cases: readonly Case[]; healthy: readonly string[] }>> = {
  machine: { cases: machineCases, healthy: ['embedded'] },
  cluster: { cases: emptyClusterCases, healthy: ['dev'] },
  deployed: { cases: deployedCases, healthy: ['dev', '--probe'] },
};

runWithCleanup(async (cleanup) => {
  const [kind = 'machine', file] = process.argv.slice(2);
  const chosen = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!chosen) throw new Error(`there is no '${kind}'; allowed: ${Object.keys(kinds).join(', ')}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'doctor-e2e-'));
  cleanup.addFolder(folder);
  const repository = path.join(folder, 'repository');
  mkdirSync(repository);
  copyRepository(repository);

  if (kind === 'cluster') makeNamespaceOfState();
  const whole = askDoctor(repository, chosen.healthy, { STOCK_FOLDER: path.join(folder, 'none') });
  const wrong = whole.findings.filter(({ state }) => state === 'fail');
  process.stdout.write(
    `whole: exit ${whole.exitCode}, ${whole.findings.length} findings in ${whole.seconds.toFixed(1)} s\n`,
  );
  for (const { id, state, seen } of whole.findings.filter((each) => each.state !== 'ok'))
    process.stdout.write(`  ${state} ${id} ${seen}\n`);
  if (wrong.length > 0) throw new Error('the set-up is not whole before anything is broken');

  const rows: string[][] = [];
  const faults: string[] = [];
  for (const each of chosen.cases) {
    const { variables, mend } = await each.break({ repository, folder });
    try {
      const words = [each.environment, ...(each.only ? ['--only', each.only] : [])];
      const { exitCode, findings } = askDoctor(repository, words, variables);
      const { id, state } = each.expected;
      const found = findings.find((finding) => finding.id === id);
      const others = findings
        .filter((finding) => finding.state === 'fail' && finding.id !== id)
        .map((finding) => finding.id);
      if (found?.state !== state)
        faults.push(`${each.name}: ${id} is ${found?.state}, expected ${state}: ${found?.seen}`);
      if (exitCode !== (state === 'fail' ? 1 : 0)) faults.push(`${each.name}: exit code ${exitCode}`);
      if (others.length > 0) faults.push(`${each.name}: ${others.join(', ')} fail too`);
      rows.push([each.name, each.by, `${found?.state} ${id}`, cell(found?.seen), cell(found?.command), `${exitCode}`]);
      process.stdout.write(`${each.name}: ${found?.state} ${id} ${found?.seen}\n`);
    } finally {
      await mend?.();
    }
  }
  const table = markdownTable(['set-up', 'broken by', 'told', 'seen', 'what it says to run', 'exit code'], rows);
  process.stdout.write(`\n${table}\n`);
  if (file) writeFileSync(file, `${table}\n`);
  if (faults.length > 0) throw new Error(faults.join('\n'));
});

/** On one line of a table, and not long. */
const cell = (text = ''): string => {
  const line = text.replaceAll('|', '\\|');
  return line.length > 160 ? `${line.slice(0, 160)} …` : line;
};
