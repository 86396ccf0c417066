import { spawn } from 'node:child_process';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../failures';
import { type SynthesizedStack, stackOf } from '../place/synthesized';
import { applyStack } from '../place/terraform';
import type { Step } from '../walk/walk';
import type { Keys } from './keys';
import type { RecoveryJournal } from './recovery';
import type { RecoveryPlace } from './recovery-place';
import { isFolder } from './source';
import { askGateway, readThroughGateway, requireTargetsUp } from './verification';
import { inWorkload } from './workload';

/** What the steps work with. */
export interface Recovering {
  journal: RecoveryJournal;
  /** Folder for what Terraform says. */
  logs: string;
  place: RecoveryPlace;
  stacks: readonly SynthesizedStack[];
  keys: Keys;
  /** One that was valid before. */
  apiKey: string | undefined;
  despiteKeys: boolean;
  signal: AbortSignal;
}

/** Of what was applied: Terraform waits for most of it, a health check comes after. */
const readySeconds = 180;
const lookMilliseconds = 1_000;

/** The parts of the disaster flow (manual 6.2), in its order. */
type Phase = 'infrastructure' | 'data' | 'services' | 'verification';

/** That flow of an environment, from nothing to what customers had. */
export function stepsOf(recovering: Recovering): Step[] {
  const { place, stacks, keys } = recovering;
  const backup = stackOf(stacks, 'backup');
  const application = stackOf(stacks, 'application');
  const first = stacks.slice(0, stacks.indexOf(application));
  const rest = stacks.filter((stack) => ![...first, backup, application].includes(stack));
  const applied = (phase: Phase) => (stack: SynthesizedStack) => applyStep(recovering, stack, phase);
  const isWatched = stacks.some(({ name }) => name.endsWith('-observability'));
  return [
    place.beforeStacks(keys),
    ...first.map(applied('infrastructure')),
    ...place.beforeBackup(keys, (stack, step, only) => apply(recovering, stack, step, only)),
    applyStep(recovering, backup, 'data'),
    ...dataSteps(recovering),
    applyStep(recovering, application, 'services'),
    answersStep(recovering),
    ...rest.map(applied('services')),
    ...verificationSteps(recovering, isWatched),
  ];
}

/** The step by whose end customers have what they had. */
export const answeredStep = 'answers';

function applyStep(recovering: Recovering, stack: SynthesizedStack, phase: Phase): Step {
  const { place, signal } = recovering;
  const name = `apply ${stack.name}`;
  return {
    name,
    phase,
    text: `the stack ${stack.name}, by Terraform`,
    isSo: async (hasEnded) => hasEnded && (await place.isReady(stack)),
    act: async () => {
      await apply(recovering, stack, name);
      const deadline = performance.now() + readySeconds * 1000;
      while (!(await place.isReady(stack)) && performance.now() < deadline) {
        await sleep(lookMilliseconds, undefined, { signal });
      }
      return '';
    },
  };
}

async function apply(
  { journal, logs, place, keys, signal }: Recovering,
  stack: SynthesizedStack,
  step: string,
  only: readonly string[] = [],
): Promise<void> {
  const { beganAt, processId } = journal.step(step) ?? {};
  await applyStack(stack, {
    logs,
    variables: place.variables(keys),
    only,
    earlier: beganAt ? { processId, startedAt: new Date(beganAt) } : undefined,
    onStart: (id) => void journal.noteProcess(step, id),
    signal,
  });
}

function dataSteps(recovering: Recovering): Step[] {
  const { journal, place, despiteKeys, signal } = recovering;
  const { environment, from, copy } = journal.content;
  const stockops = (words: readonly string[], options: Parameters<typeof inWorkload>[2] = {}) =>
    inWorkload(place, words, { signal, ...options });
  const received: Step = {
    name: 'receive',
    phase: 'data',
    text: `the copy ${copy} into the store of the workload`,
    isSo: async () => {
      const { copies } = await stockops(['backup', 'list']);
      return copies.some(({ id, state }) => id === copy && state === 'verified');
    },
    act: async (tell) => {
      const { state } = await stockops(['backup', 'receive', copy], { input: archiveOf(path.join(from, copy)), tell });
      return `${state}`;
    },
  };
  const restored: Step = {
    name: 'restore',
    phase: 'data',
    text: `the database, from copy ${copy}`,
    isSo: async (hasEnded) => {
      const { tables } = await stockops(['restore', 'compare', '--tables']);
      if (hasEnded || tables === 0) return tables > 0;
      // A run that was killed may have come so far.
      return (await stockops(['restore', 'compare', copy])).ok === true;
    },
    act: async (tell) => {
      await requireEmpty();
      const words = ['restore', copy, '--confirm', environment, ...(despiteKeys ? ['--despite-keys'] : [])];
      const { seconds } = await stockops(words, { tell });
      return `restored in ${seconds} s, every row compared with the manifest`;
    },
  };
  const requireEmpty = async () => {
    const { tables } = await stockops(['restore', 'compare', '--tables']);
    if (tables === 0) return;
    const { rows } = await stockops(['restore', 'compare', copy]);
    if (rows === 0) return;
    throw new Refusal(
      `the database has ${rows} rows in ${tables} tables, and they are not those of copy ${copy}: somebody uses it, and nothing was changed; to put the copy in its place, with a way back: stockops restore ${copy} (docs/backup.md)`,
    );
  };
  const tidied: Step = {
    name: 'tidy',
    phase: 'data',
    text: 'the empty database that gave way is dropped',
    isSo: async (hasEnded) => hasEnded,
    act: async () => (await stockops(['restore', 'forget', '--confirm', environment])).dropped.join(', '),
  };
  return [...(isFolder(from) ? [received] : []), restored, tidied];
}

function answersStep({ place, signal }: Recovering): Step {
  return {
    name: answeredStep,
    phase: 'services',
    text: 'the gateway answers, and finds the application well',
    act: () => place.withGateway((address) => askGateway(address, place.host, signal)),
  };
}

function verificationSteps({ place, journal, apiKey, signal }: Recovering, isWatched: boolean): Step[] {
  const { copy } = journal.content;
  const counted: Step = {
    name: 'counts',
    phase: 'verification',
    text: 'as many rows as in the manifest',
    act: async () => {
      const { tables, rows, fewer } = await inWorkload(place, ['restore', 'compare', copy], { signal });
      // Jobs and their entries end; what was loaded of the market stays.
      const lost = fewer.filter((name) => ofTheMarket.test(name));
      if (lost.length > 0) throw new Refusal(`fewer rows than copy ${copy} has: ${lost.join(', ')}`);
      return `${rows} rows in ${tables} tables`;
    },
  };
  const read: Step = {
    name: 'read',
    phase: 'verification',
    text: `a request through the gateway, with ${apiKey ? 'the API key that is given' : 'an API key that is made for it'}`,
    act: () => readThroughGateway(place, apiKey, signal),
  };
  const targets: Step = {
    name: 'targets',
    phase: 'verification',
    text: 'Prometheus scrapes all that is to be seen',
    act: () => requireTargetsUp(place, signal),
  };
  return [counted, read, ...(isWatched ? [targets] : [])];
}

const ofTheMarket = /^public\.(stock_data|adjustment_factor|suspension|trading_calendar|stock|symbol_alias)/;

/** A tar archive of a folder. */
function archiveOf(folder: string): Readable {
  const archive = spawn('tar', ['--create', '--directory', folder, '.'], { stdio: ['ignore', 'pipe', 'ignore'] });
  // What nobody reads yet would be lost when its process ends.
  return archive.stdout.pipe(new PassThrough());
}
