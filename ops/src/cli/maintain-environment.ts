import type { Subject } from '../checks/subject';
import { CannotTell, exitCodes } from '../failures';
import type { Leftover } from '../maintain/leftovers/leftover';
import { runAttached } from '../place/attached';
import type { Place } from '../place/place';
import { stackOf } from '../place/synthesized';
import type { Ended } from '../place/tool';
import type { Answer } from './answer';
import { requireConfirmed } from './confirm';
import { type MaintainCommandOptions, type Part, parts } from './maintain-options';
import { indicesPart, leftoversAnswer, logsPart } from './maintain-parts';
import type { Progress } from './progress';
import { bytesText } from './texts';

/** What an environment is looked after with. */
interface Environment {
  subject: Subject;
  place: Place;
  options: MaintainCommandOptions;
  progress: Progress;
  signal: AbortSignal;
}

/**
 * The upkeep of an environment: its database by what runs in its workload backup, which has the rights and the programs, and what is
 * written beside it. One part that fails keeps no other from being looked at.
 */
export async function maintainEnvironment(
  name: string,
  options: MaintainCommandOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  const { openSubject, requirePlace } = await import('../look/open-subject.js');
  const subject = await openSubject({ environment: name, from: options.from, progress, signal });
  const place = requirePlace(subject);
  await place.requireAnswering(signal);
  const environment = { subject, place, options, progress, signal };
  if (options.vacuumFull !== undefined) return fullVacuum(environment, options.vacuumFull);
  if (options.deleteIndex !== undefined) return deleteNamedIndex(environment, options.deleteIndex);
  const wanted = options.only ? [options.only] : parts;
  const answers: Answer[] = [];
  for (const part of wanted) answers.push(headed(part, wanted, await answered(part, environment)));
  return together(answers);
}

const headings: Readonly<Record<Part, string>> = {
  database: 'THE DATABASE',
  logs: 'LOGS OF CONTAINERS',
  indices: 'INDICES OF LOGS',
  leftovers: 'WHAT WAS LEFT ON THIS MACHINE',
};

const headed = (part: Part, wanted: readonly Part[], answer: Answer): Answer =>
  wanted.length === 1
    ? answer
    : { ...answer, lines: [...(part === 'database' ? [] : ['']), headings[part], ...answer.lines] };

const work: Readonly<Record<Part, (environment: Environment) => Promise<Answer>>> = {
  database: async ({ options, ...environment }) =>
    answerOf(await runThere({ options, ...environment }, wordsOf(options)), options),
  logs: ({ subject }) => logsPart(subject),
  indices: ({ subject }) => indicesPart(subject),
  leftovers,
};

/** @throws the signal's reason */
async function answered(part: Part, environment: Environment): Promise<Answer> {
  try {
    return await work[part](environment);
  } catch (error) {
    environment.signal.throwIfAborted();
    const { message } = error as Error;
    const exitCode = error instanceof CannotTell ? exitCodes.unknown : exitCodes.failed;
    return { json: { [part]: { error: message } }, lines: [message], exitCode };
  }
}

/** All in one; what failed counts for more than what could not be told. */
function together(answers: readonly Answer[]): Answer {
  const codes = answers.map(({ ok, exitCode = ok === false ? exitCodes.failed : exitCodes.done }) => exitCode);
  const wrong = codes.filter((code) => code !== exitCodes.done);
  return {
    json: Object.assign({}, ...answers.map(({ json }) => json)),
    lines: answers.flatMap(({ lines }) => lines),
    exitCode: wrong.includes(exitCodes.failed) ? exitCodes.failed : (wrong[0] ?? exitCodes.done),
  };
}

async function runThere({ place, progress, signal }: Environment, words: readonly string[]): Promise<Ended> {
  stackOf(place.stacks, 'backup');
  const told = () => progress.note('stopping it there; Ctrl-C again waits for nothing');
  signal.addEventListener('abort', told, { once: true });
  const tell = (line: string) => progress.note(line.trim());
  try {
    const ended = await runAttached(place, 'backup', ['maintain', ...words], { tell, signal });
    signal.throwIfAborted();
    return ended;
  } finally {
    signal.removeEventListener('abort', told);
  }
}

const wordsOf = ({ limitHours, monthly, dryRun, cleanUp, json }: MaintainCommandOptions): string[] => [
  ...['--limit-hours', `${limitHours}`],
  ...(monthly ? ['--monthly'] : []),
  ...(dryRun ? ['--dry-run'] : []),
  ...(cleanUp ? ['--clean-up'] : []),
  ...(json ? ['--json'] : []),
];

function answerOf({ status, output, said }: Ended, { json }: Pick<MaintainCommandOptions, 'json'>): Answer {
  const lines = output.trimEnd().split('\n').filter(Boolean);
  const error = said.trim().split('\n').at(-1);
  return {
    json: { database: json && output ? JSON.parse(output) : { error } },
    lines: lines.length > 0 ? lines : [said.trim()],
    exitCode: status ?? exitCodes.failed,
  };
}

/** Looks there, asks here, and does it there. */
async function fullVacuum(environment: Environment, table: string): Promise<Answer> {
  const { options, progress, signal } = environment;
  const json = options.json ? ['--json'] : [];
  const run = (...words: readonly string[]) => runThere(environment, ['--vacuum-full', table, ...words]);
  if (options.dryRun) return answerOf(await run('--dry-run', ...json), options);
  if (options.confirm === undefined) {
    const look = await run('--dry-run');
    if (look.status !== exitCodes.done) return answerOf(look, {});
    progress.note(look.output.trim().split('\n')[0] as string);
  }
  await requireConfirmed(table, options.confirm, signal, 'table');
  return answerOf(await run('--confirm', table, ...json), options);
}

/** Says what would go, asks, and deletes it. */
async function deleteNamedIndex({ subject, options, progress, signal }: Environment, name: string): Promise<Answer> {
  const { logsOf } = await import('../maintain/indices/log-store.js');
  const { deleteIndex, lookAtIndex } = await import('../maintain/indices/delete-index.js');
  const { store, retention } = logsOf(subject);
  const found = await lookAtIndex(store, retention, name);
  const { index, snapshot } = found;
  const copies = snapshot ? `the snapshot ${snapshot} has them` : 'no snapshot has them';
  const warning = `deleting ${name}: ${index.lines} lines, ${bytesText(index.bytes)}, the last of ${Math.floor(index.days)} days ago; ${copies}`;
  if (options.dryRun) return { json: { ...found, dryRun: true }, lines: [warning, 'nothing was done'] };
  progress.note(warning);
  await requireConfirmed(name, options.confirm, signal, 'index');
  await progress.step('deleting it', () => deleteIndex(store, found));
  return { json: { ...found }, lines: [`${name} is deleted, ${bytesText(index.bytes)}`] };
}

/** Of the checkout, and of looks that were killed; who deploys from it meanwhile is not disturbed. */
async function leftovers({ subject, options, signal }: Environment): Promise<Answer> {
  const { checkoutLeftovers } = await import('../maintain/leftovers/checkout-leftovers.js');
  const { temporaryLeftovers } = await import('../maintain/leftovers/temporary-leftovers.js');
  const { takeAway } = await import('../maintain/leftovers/leftover.js');
  const { withCheckout } = await import('../place/claimed-checkout.js');
  const look = async (): Promise<Leftover[]> => [
    ...(await checkoutLeftovers(subject.root)),
    ...(await temporaryLeftovers()),
  ];
  if (!options.cleanUp || options.dryRun) return leftoversAnswer(await look(), []);
  return withCheckout(subject.root, async () => {
    const found = await look();
    return leftoversAnswer(found, await takeAway(found, signal));
  });
}
