import { type Command, InvalidArgumentError } from 'commander';
import { alignedTable } from '../../../app/src/cli/table';
import { UsageError } from '../../../app/src/runtime/usage-error';
import type { Created } from '../backup/create';
import type { ListedCopy } from '../backup/list';
import { rowsOf, sizeOf } from '../backup/manifest';
import { type EnvironmentOf, readOperationsEnvironment } from '../environment';
import type { Reach } from '../wal/reach';
import { type Answer, type AnswerOptions, answer, exitCodeHelp } from './answer';
import { ageText, bytesText, momentText } from './texts';

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('allowed: a whole number of seconds from 0 to 86400');
}

export async function parseCopyId(text: string): Promise<string> {
  const { isCopyId } = await import('../backup/copy-id.js');
  if (isCopyId(text)) return text;
  throw new UsageError(
    `'${text}' is no copy; write it as \`stockops backup list\` does, such as 20261126T023000Z-4f1c9a`,
  );
}

/** Adds `stockops backup`. */
export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('copies of the database: make, list, verify and prune them')
    .addHelpText('afterAll', exitCodeHelp);

  backup
    .command('init')
    .description('mark BACKUP_STORE as the store of this environment, once')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nA store without the mark is refused: a mount that is missing looks like an empty folder.')
    .action((options: AnswerOptions) =>
      answer('backup init', options, async () => {
        const environment = readOperationsEnvironment('store');
        const { withStore } = await import('../backup/open-store.js');
        const { initStore } = await import('../backup/init.js');
        const { place, isNew } = await withStore(environment, (store) => initStore(store, environment));
        return {
          json: { place, isNew },
          lines: [
            isNew ? `${place} keeps copies of ${environment.STOCK_ENVIRONMENT} from now on` : `${place} already does`,
          ],
        };
      }),
    );

  backup
    .command('create')
    .description('copy the database now, and read the copy again')
    .option('--lock-wait <seconds>', 'how long to wait for a migration that is under way', parseSeconds, 60)
    .option('--despite-clock', 'also where the server’s clock is behind the newest copy')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nReaders and writers go on meanwhile. Nothing is left of a copy that fails; the others stay as they are.',
    )
    .action((options: AnswerOptions & { lockWait: number; despiteClock?: boolean }) =>
      answer('backup create', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('create');
        const { withStore } = await import('../backup/open-store.js');
        const { createCopy } = await import('../backup/create.js');
        const { lockWait: lockWaitSeconds, despiteClock = false } = options;
        const created = await withStore(environment, (store) =>
          createCopy(store, environment, { lockWaitSeconds, despiteClock, progress, signal }),
        );
        return createdAnswer(created);
      }),
    );

  backup
    .command('list')
    .description('the copies there are, how old they are, and how much would be lost')
    .option('--json', 'print JSON')
    .action((options: AnswerOptions) =>
      answer('backup list', options, async () => {
        const environment = readOperationsEnvironment('store');
        const { copies, unfinished, reach } = await listed(environment);
        return {
          json: { place: environment.BACKUP_STORE, copies: copies.map(describe), unfinished, pointsInTime: reach },
          lines: [
            ...(copies.length > 0
              ? alignedTable(['COPY', 'OF', 'AGE', 'SIZE', 'ROWS', 'STATE'], copies.map(cells))
              : ['there is no copy; make one: stockops backup create']),
            ...unfinished.map((name) => `${name} is unfinished and counts as none; the next copy removes it`),
            reachLine(reach),
          ],
        };
      }),
    );

  backup
    .command('verify')
    .description('read every file of a copy, or of all copies, and compare it with the manifest')
    .argument('[copy]', 'name of the copy (default: all)')
    .option('--json', 'print JSON')
    .action((id: string | undefined, options: AnswerOptions) =>
      answer('backup verify', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('store');
        const { withStore } = await import('../backup/open-store.js');
        const { verifyCopies } = await import('../backup/verify.js');
        const wanted = id === undefined ? undefined : await parseCopyId(id);
        const found = await withStore(environment, (store) =>
          verifyCopies(store, environment, wanted, progress, signal),
        );
        return {
          json: { copies: found },
          ok: found.every(({ state }) => state === 'verified'),
          lines: found.flatMap(({ id: each, state, problems }) => [
            `${each}  ${state}`,
            ...problems.map((problem) => `  ${problem}`),
          ]),
        };
      }),
    );

  backup
    .command('receive')
    .description('take a copy from elsewhere into the store: a tar archive of its folder, on standard input')
    .argument('<copy>', 'name of the copy')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
It becomes a copy when all its files are as its manifest says, and nothing is left of it otherwise. From another store:
  tar --create --directory STORE/COPY . | docker exec -i stock-analysis-backup stockops backup receive COPY`,
    )
    .action((id: string, options: AnswerOptions) =>
      answer('backup receive', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('store');
        const { withStore } = await import('../backup/open-store.js');
        const { receiveCopy } = await import('../backup/receive.js');
        const wanted = await parseCopyId(id);
        if (process.stdin.isTTY) throw new UsageError(`a tar archive of the copy's folder is wanted on standard input`);
        const { state, problems } = await withStore(environment, (store) =>
          receiveCopy(store, environment, wanted, process.stdin, { progress, signal }),
        );
        return {
          json: { id: wanted, state, problems },
          ok: state === 'verified',
          lines: [`${wanted}  ${state}`, ...problems.map((problem) => `  ${problem}`)],
        };
      }),
    );

  backup
    .command('receive-points')
    .description('take points in time from elsewhere into the store: a tar archive of it, on standard input')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A base backup and the log after it become points in time when all is as it was stored. From another store of the environment:
  tar --create --directory STORE stockops-store.json wal | docker exec -i stock-analysis-backup stockops backup receive-points`,
    )
    .action((options: AnswerOptions) =>
      answer('backup receive-points', options, async (progress, signal) => {
        const environment = readOperationsEnvironment('store');
        const { withStore } = await import('../backup/open-store.js');
        const { receivePoints } = await import('../wal/receive-points.js');
        if (process.stdin.isTTY) throw new UsageError('a tar archive of a store is wanted on standard input');
        const files = await withStore(environment, (store) =>
          receivePoints(store, environment, process.stdin, { progress, signal }),
        );
        return {
          json: { files },
          lines: [`${files} files are in ${environment.BACKUP_STORE}; what was there already stayed`],
        };
      }),
    );

  backup
    .command('prune')
    .description('say which copies no rule keeps; with --delete, remove them')
    .option('--delete', 'remove them')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Kept are BACKUP_KEEP_LAST copies and the last of each of BACKUP_KEEP_DAILY days, BACKUP_KEEP_WEEKLY weeks and
BACKUP_KEEP_MONTHLY months in Shanghai's time. Only verified copies count, and three of them always stay.`,
    )
    .action((options: AnswerOptions & { delete?: boolean }) =>
      answer('backup prune', options, async () => {
        const environment = readOperationsEnvironment('prune');
        const { withStore } = await import('../backup/open-store.js');
        const { pruneCopies } = await import('../backup/prune.js');
        const deletes = options.delete === true;
        const verdicts = await withStore(environment, (store) => pruneCopies(store, environment, deletes));
        const removed = deletes ? 'removed' : 'would be removed';
        const count = verdicts.filter(({ isKept }) => !isKept).length;
        return {
          json: { deleted: deletes, copies: verdicts },
          lines: [
            ...alignedTable(
              ['COPY', '', 'WHY'],
              verdicts.map(({ id, isKept, reasons }) => [id, isKept ? 'kept' : removed, reasons.join(', ')]),
            ),
            deletes || count === 0
              ? `${count} removed`
              : `${count} would be removed; remove them: stockops backup prune --delete`,
          ],
        };
      }),
    );

  backup
    .command('serve')
    .description(
      'keep the copies of this environment: make, prune and drill them at their times; ends when it is told to',
    )
    .addHelpText('after', '\nTells of it on METRICS_PORT: /metrics, /health. What the workload `backup` runs.')
    .action(() =>
      answer('backup serve', {}, async (_, signal) => {
        const environment = readOperationsEnvironment('serve');
        const { keep } = await import('../keeper/keeper.js');
        await keep(environment, signal);
        return { json: {}, lines: [] };
      }),
    );
}

async function listed(environment: EnvironmentOf<'store'>) {
  const { withStore } = await import('../backup/open-store.js');
  const { listCopies } = await import('../backup/list.js');
  const { requireMarked } = await import('../backup/store.js');
  const { reachOf } = await import('../wal/reach.js');
  return withStore(environment, async (store) => {
    await requireMarked(store, environment.STOCK_ENVIRONMENT);
    return { ...(await listCopies(store)), reach: await reachOf(store) };
  });
}

/** What would be lost by going back to a point in time, which AGE says of copies. */
function reachLine(reach: Reach | undefined): string {
  if (!reach) return 'no point in time can be restored: there is no base backup, or the log after it has a gap';
  const { from, receivedAt, mostLostSeconds } = reach;
  const age = ageText((Date.now() - receivedAt.getTime()) / 1000);
  return `any moment after ${momentText(from.toISOString())} can be restored; the log was put into the store ${age} ago, and at most ${mostLostSeconds} s of it are under way`;
}

function createdAnswer({ manifest, verification }: Created): Answer {
  const rows = rowsOf(manifest);
  const isVerified = verification.state === 'verified';
  return {
    json: { id: manifest.id, verification, manifest },
    ok: isVerified,
    lines: [
      `${manifest.id}  ${rows} rows of ${manifest.tables.length} tables in ${bytesText(sizeOf(manifest))}, ${verification.state}`,
      ...verification.problems.map((problem) => `  ${problem}`),
    ],
  };
}

const describe = ({ id, manifest, bytes, verification }: ListedCopy) => ({
  id,
  snapshotAt: manifest?.snapshotAt,
  bytes,
  rows: manifest && rowsOf(manifest),
  postgres: manifest?.server.version,
  recipients: manifest?.recipients,
  ...verification,
});

function cells({ id, manifest, bytes, verification }: ListedCopy): string[] {
  if (!manifest) return [id, '?', '?', '?', '?', verification.problems[0] ?? 'damaged'];
  const ageSeconds = (Date.now() - new Date(manifest.snapshotAt).getTime()) / 1000;
  return [
    id,
    momentText(manifest.snapshotAt),
    ageText(ageSeconds),
    bytesText(bytes),
    String(rowsOf(manifest)),
    verification.state,
  ];
}
