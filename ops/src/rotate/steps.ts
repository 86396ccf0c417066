import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Owned } from '../deploy/owning';
import { packStack } from '../deploy/release';
import { readReviewed } from '../deploy/reviewed';
import { CannotTell, Refusal } from '../failures';
import {
  type DeploymentJournal,
  keepRelease,
  listDeployments,
  listReleases,
  type Rotation,
  runningRelease,
} from '../ledger/deployments';
import { applyInStep, requireReady } from '../place/apply-step';
import { openPlace } from '../place/open-place';
import { type SynthesizedStack, synthesize } from '../place/synthesized';
import { runWell } from '../place/tool';
import type { Step } from '../walk/walk';
import { configurationIn, revisionIn, serverWithMemory, withRevision } from './configured';
import { held, hold, letGo } from './held-text';
import { proofText, prove } from './prove';
import { raiseRevision } from './raise-revision';
import { type RotatedSecret, secretLabel, voidedBy } from './rotated-secrets';

/** What the steps of a rotation work with; its place is as the environment's file says now. */
export interface Rotating extends Owned {
  secret: RotatedSecret;
  journal: DeploymentJournal;
  kubeconfig: string | undefined;
  /** What is to be refused; another run finds it where it is held. */
  voided?: string;
}

/** A worker that ends its job may take as long as one may. */
const lastReaderSeconds = 900;
const lookMilliseconds = 2_000;

/** A rotation, from what is to be refused at its end to the plans that are to be committed. */
export function rotateSteps(rotating: Rotating): Step[] {
  const { from, to } = rotationIn(rotating);
  const revisions = Array.from({ length: to - from }, (_, index) => from + 1 + index);
  return [
    holdStep(rotating),
    ...revisions.flatMap((revision) => [
      raiseStep(rotating, revision),
      prepareStep(rotating, revision),
      ...rotating.place.stacks.map(({ name }) => applyStep(rotating, name, revision)),
      readersStep(rotating, revision),
    ]),
    proveStep(rotating),
    plansStep(rotating),
    rememberStep(rotating),
  ];
}

/** The file that says what an environment is, below the checkout. */
export const fileOfEnvironment = (environment: string): string =>
  path.join('config', 'environments', `${environment}.ts`);

/** By which a stack that changed is known. */
export const stackHash = ({ resources }: SynthesizedStack): string =>
  createHash('sha256').update(JSON.stringify(resources)).digest('hex');

const rotationIn = ({ journal }: Rotating): Rotation => journal.content.rotation as Rotation;

/** The next revision is only raised when all is done of the one before. */
const isPast = ({ place, secret }: Rotating, revision: number): boolean =>
  revisionIn(configurationIn(place.stacks), secret) > revision;

const holderIn = ({ place }: Rotating): string | undefined => serverWithMemory(configurationIn(place.stacks));

function holdStep(rotating: Rotating): Step {
  return {
    name: 'hold',
    phase: 'before',
    text: 'what is to be refused at the end is kept in memory',
    isSo: async (hasEnded) => hasEnded,
    act: async () => {
      const { place, secret } = rotating;
      const label = secretLabel(secret, voidedBy(secret, rotationIn(rotating).to));
      const text = await place.secretText(label, secret.key);
      rotating.voided = text;
      const holder = holderIn(rotating);
      if (!holder) return 'by this process alone: no server of ours is there';
      await hold(place, holder, text);
      return `by ${holder}`;
    },
  };
}

function raiseStep(rotating: Rotating, revision: number): Step {
  const { secret, journal } = rotating;
  const phase = `revision ${revision}`;
  return {
    name: `raise ${revision}`,
    phase,
    text: `${secret.setting.join('.')} in ${fileOfEnvironment(rotating.place.environment)}`,
    isSo: async () => revisionIn(configurationIn(rotating.place.stacks), secret) >= revision,
    act: async () => {
      // Before the file: whoever deploys from another checkout is told, also where this run is killed in between.
      await journal.note({ rotation: { ...rotationIn(rotating), raised: revision } });
      try {
        rotating.place = await raisedPlace(rotating, revision);
      } catch (error) {
        await journal.note({ rotation: { ...rotationIn(rotating), raised: revision - 1 } });
        throw error;
      }
      return '';
    },
  };
}

/** Writes the revision and synthesizes; the file is as it was where it then says anything else. */
async function raisedPlace({ root, place, secret, kubeconfig }: Rotating, revision: number) {
  const { environment } = place;
  const wanted = withRevision(configurationIn(place.stacks), secret, revision);
  const file = path.join(root, fileOfEnvironment(environment));
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, raiseRevision(before, secret.setting, revision));
  try {
    const stacks = await synthesize(root, environment);
    if (isDeepStrictEqual(configurationIn(stacks), wanted)) return openPlace({ root, environment, stacks, kubeconfig });
    throw new Refusal(
      `${file} is not written as ours are; raise it by hand, and deploy: ${secret.setting.join('.')} = ${revision}`,
    );
  } catch (error) {
    writeFileSync(file, before);
    throw error;
  }
}

function prepareStep(rotating: Rotating, revision: number): Step {
  return {
    name: `prepare ${revision}`,
    phase: `revision ${revision}`,
    text: 'what the stacks need beside themselves',
    isSo: async (hasEnded) => hasEnded,
    act: () => rotating.place.prepare(),
  };
}

/** Of a stack that the revision changes; of the others there is nothing to do. */
function applyStep(rotating: Rotating, stackName: string, revision: number): Step {
  const name = `apply ${stackName} ${revision}`;
  const described = () => rotating.place.stacks.find((stack) => stack.name === stackName) as SynthesizedStack;
  const isApplied = () => rotationIn(rotating).applied[stackName] === stackHash(described());
  return {
    name,
    phase: `revision ${revision}`,
    text: `the stack ${stackName}, by Terraform`,
    isSo: async (hasEnded) =>
      isPast(rotating, revision) || (isApplied() && (!hasEnded || (await rotating.place.isReady(described())))),
    act: async () => {
      const { place, journal, logs, signal } = rotating;
      await applyInStep({ place, journal, logs, variables: {}, signal }, described(), name);
      await requireReady(place, described(), signal);
      const { applied, ...rest } = rotationIn(rotating);
      await journal.note({ rotation: { ...rest, applied: { ...applied, [stackName]: stackHash(described()) } } });
      return '';
    },
  };
}

/** The next revision would void what they have. */
function readersStep(rotating: Rotating, revision: number): Step {
  const { secret, signal } = rotating;
  return {
    name: `readers ${revision}`,
    phase: `revision ${revision}`,
    text: 'nothing runs with the former one any more',
    isSo: async (hasEnded) => hasEnded || isPast(rotating, revision),
    act: async (tell) => {
      const deadline = performance.now() + lastReaderSeconds * 1000;
      for (;;) {
        const [former, present] = [secretLabel(secret, revision - 1), secretLabel(secret, revision)];
        const left = await rotating.place.runningWith(former, present);
        if (left.length === 0) return '';
        tell(`waiting for ${left.join(', ')}`);
        if (performance.now() > deadline)
          throw new CannotTell(`after ${lastReaderSeconds} s these run with the former one still: ${left.join(', ')}`);
        await sleep(lookMilliseconds, undefined, { signal });
      }
    },
  };
}

function proveStep(rotating: Rotating): Step {
  return {
    name: 'prove',
    phase: 'after',
    text: `${rotating.secret.server} is asked: the new one is taken, the one before is refused`,
    isSo: async (hasEnded) => hasEnded,
    act: async () => {
      const { place, secret, journal, signal } = rotating;
      const holder = holderIn(rotating);
      const voided = rotating.voided ?? (holder && (await held(place, holder)));
      const rotation = rotationIn(rotating);
      const proofs = await prove({ place, secret, revision: rotation.to, voided, signal });
      await journal.note({ rotation: { ...rotation, proofs } });
      return proofs.map(proofText).join('; ');
    },
  };
}

function plansStep({ root }: Rotating): Step {
  return {
    name: 'plans',
    phase: 'after',
    text: 'the plans are written anew, to be committed with the file',
    act: async () => {
      await runWell('node', ['--import', 'tsx', 'stacks/write-plans.ts'], { cwd: root });
      return '';
    },
  };
}

/** Also the release that runs, as it is now: going back to it later must not make a secret anew. */
function rememberStep(rotating: Rotating): Step {
  return {
    name: 'remember',
    phase: 'after',
    text: 'what was done, and the release that runs as it is now',
    act: async () => {
      const { root, place, journal } = rotating;
      const { planHash } = await readReviewed(root, place.environment);
      const running = runningRelease(await listDeployments(place.shelf));
      const release = (await listReleases(place.shelf)).find(({ id }) => id === running);
      if (release) {
        const stack = await packStack(place, release.id);
        await keepRelease(place.shelf, { ...release, at: new Date().toISOString(), planHash, stack });
      }
      await journal.note({ planHash, state: 'good' });
      const holder = holderIn(rotating);
      if (holder) await letGo(place, holder);
      return release ? `release ${release.id}` : '';
    },
  };
}
