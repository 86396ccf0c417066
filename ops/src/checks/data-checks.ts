import { z } from 'zod';
import { type Check, fail, ok, skipped, type Verdict } from './check';
import type { Subject } from './subject';
import { allTargets } from './target';

/** What `stock doctor` looks at, by its own names: the id and title here, and what it needs to be worse than a warning. */
const looks: readonly [id: string, check: string, title: string, severity: Check['severity']][] = [
  ['DATA-002', 'environment', 'the application’s environment variables are complete', 'fail'],
  ['DATA-003', 'database', 'PostgreSQL answers and takes writes', 'fail'],
  ['DATA-004', 'clock', 'the application’s clock is the database’s', 'fail'],
  ['DATA-005', 'queue', 'the queue answers', 'fail'],
  ['DATA-006', 'schedules', 'every schedule is in the queue', 'fail'],
  ['DATA-007', 'cache', 'the cache answers', 'fail'],
  ['DATA-008', 'sources', 'every dataset has a source', 'fail'],
  ['DATA-009', 'schema', 'the schema is the one that this version needs', 'fail'],
  ['DATA-010', 'partitions', 'the partitions of this year and the next are there', 'fail'],
  ['DATA-011', 'indexes', 'every index is valid', 'fail'],
  ['DATA-012', 'calendar', 'the trading calendar reaches to today', 'fail'],
  ['DATA-013', 'freshness', 'every dataset is up to date', 'fail'],
  ['DATA-014', 'gaps', 'nothing is missing of the last 90 days', 'warn'],
  ['DATA-015', 'dead letters', 'no job failed for good', 'warn'],
  ['DATA-016', 'quarantine', 'no row broke a rule lately', 'warn'],
  ['DATA-017', 'source limits', 'no source upstream is given up', 'warn'],
  ['DATA-018', 'connections', 'the database has connections to give, and nothing runs for long', 'warn'],
];

/** The names that are read of `stock doctor`. */
export const readOfStockDoctor = looks.map(([, check]) => check);

export const dataChecks: readonly Check[] = [
  {
    id: 'DATA-001',
    scope: allTargets,
    title: 'the application can be asked for its data',
    needs: ['RUN-001'],
    severity: 'fail',
    expected: 'an answer of `stock doctor --json`, where a worker runs',
    command: 'npm run stockops -- logs {environment} worker --since 15m',
    about: 'It runs in a worker, which may read and write what the checks below look at.',
    timeoutSeconds: 60,
    run: async (subject) => ok(`${(await stockDoctor(subject)).length} answers`),
  },
  ...looks.map(
    ([id, check, title, severity]): Check => ({
      id,
      scope: allTargets,
      title,
      needs: ['DATA-001'],
      severity,
      expected: 'what `stock doctor` calls ok',
      command: 'npm run stockops -- doctor {environment} --only DATA',
      about: `What \`stock doctor\` says of ${check}, with what it advises. A note of it is nothing wrong.`,
      run: (subject) => verdictOf(subject, check),
    }),
  ),
];

const findings = z.array(
  z.object({
    check: z.string(),
    state: z.enum(['ok', 'note', 'wrong']),
    finding: z.string(),
    advice: z.string().optional(),
  }),
);

const stockDoctor = (subject: Subject): Promise<z.output<typeof findings>> =>
  subject.once('stock doctor', async () => {
    const { output, said, status } = await runStockDoctor(subject);
    // 1 says that something is wrong, and what.
    if (!output.trim()) throw new Error(`stock doctor ended with ${status}: ${said.trim()}`);
    return findings.parse(JSON.parse(output));
  });

function runStockDoctor(subject: Subject) {
  const words = ['doctor', '--json'];
  const { signal } = subject;
  if (subject.place) return subject.place.run('worker', ['node', '/app/dist/stock.js', ...words], { signal });
  const variables = { STOCK_FOLDER: subject.embedded.path };
  return subject.tool(process.execPath, ['--import', 'tsx', 'app/src/embedded/stock.ts', ...words], {
    cwd: subject.root,
    variables,
  });
}

async function verdictOf(subject: Subject, check: string): Promise<Verdict> {
  const found = (await stockDoctor(subject)).find((each) => each.check === check);
  if (!found) return skipped('stock doctor did not look at it, as the database does not answer');
  const { state, finding, advice } = found;
  if (state !== 'wrong') return ok(finding, { object: check });
  // Who is told what to run runs it where the application is.
  const command = advice?.replaceAll(/\bstock (?=[a-z])/g, `${subject.commandIn('worker', 'stock')} `);
  return fail(finding, { object: check, command });
}
