import { existsSync } from 'node:fs';
import { z } from 'zod';
import { newestCopy, oldestCopyHours } from '../backup/newest-copy';
import { ageText } from '../cli/texts';
import { runTool } from '../place/tool';
import { isThere } from '../running/component';
import { type Check, fail, ok, skipped, type Verdict } from './check';
import { componentsOfSubject } from './running-checks';
import type { Subject } from './subject';
import { deployed } from './target';

export const backupChecks: readonly Check[] = [
  {
    id: 'BACKUP-001',
    scope: deployed,
    title: 'the newest whole copy of the database is of today',
    needs: ['ENV-001', 'ENGINE-001', 'K8S-002'],
    severity: 'fail',
    expected: 'a copy of the last 26 hours that is not damaged',
    command: 'npm run stockops -- logs {environment} backup --since 15m',
    about:
      'The workload `backup` is asked for its copies. Pages: [BackupTooOld](runbooks/BackupTooOld.md), [BackupMissing](runbooks/BackupMissing.md); [backup.md](backup.md).',
    timeoutSeconds: 60,
    run: async (subject) => ({
      command: `${subject.commandIn('backup', 'stockops')} backup create`,
      ...verdictOn(await copiesOfWorkload(subject)),
    }),
  },
  {
    id: 'BACKUP-002',
    scope: ['embedded'],
    title: 'there is a copy of the embedded database',
    needs: ['ENV-001'],
    severity: 'warn',
    expected: 'a copy of the last 26 hours that is not damaged',
    command: 'npm run stockops -- backup create',
    about:
      'Nothing makes copies of what `npm start` runs by itself. They are beside its folder. Where nothing was loaded that matters, none is needed.',
    timeoutSeconds: 60,
    run: async (subject) =>
      subject.embedded.hasData ? verdictOn(await copiesOfFolder(subject)) : skipped('there is no database yet'),
  },
];

const answered = z.object({
  error: z.string().optional(),
  copies: z.array(z.object({ id: z.string(), snapshotAt: z.string().optional(), state: z.string() })).default([]),
});
type Copies = z.output<typeof answered>['copies'];

function verdictOn(copies: Copies | undefined): Verdict {
  if (!copies) return skipped('no workload `backup` is deployed');
  const newest = newestCopy(copies.filter(({ state }) => state !== 'damaged'));
  if (!newest) return fail(copies.length === 0 ? 'there is none' : `none of ${copies.length} is whole`);
  const { id, state, ageSeconds } = newest;
  const isNew = ageSeconds <= oldestCopyHours * 3_600;
  return (isNew ? ok : fail)(`${id} is ${ageText(ageSeconds)} old, ${state}`, { object: id });
}

/** Undefined where no such workload is there that could be asked. */
async function copiesOfWorkload(subject: Subject): Promise<Copies | undefined> {
  const { place, stacks, signal } = subject;
  const types = ['docker_container', 'kubernetes_stateful_set_v1'];
  if (!place || !stacks.some((stack) => types.some((type) => stack.resources[type]?.backup))) return undefined;
  const workload = (await componentsOfSubject(subject)).find(({ name }) => name === 'backup');
  if (!workload || !isThere(workload)) return undefined;
  const { output, said } = await place.run('backup', ['stockops', 'backup', 'list', '--json'], { signal });
  const { error, copies } = answered.parse(JSON.parse(output || '{}'));
  if (!output || error) throw new Error(`stockops backup list in the workload backup: ${error ?? said.trim()}`);
  return copies;
}

/** In a process of its own, which is told of the folder as `npm run stockops` is. */
async function copiesOfFolder({ embedded, root, signal }: Subject): Promise<Copies> {
  if (!existsSync(`${embedded.path}-backups`)) return [];
  const words = ['--import', 'tsx', 'ops/src/embedded/main.ts', 'backup', 'list', '--json'];
  const variables = { STOCK_FOLDER: embedded.path };
  const { output, said } = await runTool(process.execPath, words, { cwd: root, variables, signal });
  const { error, copies } = answered.parse(JSON.parse(output || '{}'));
  if (!output || error) throw new Error(error ?? said.trim());
  return copies;
}
