import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Progress } from '../cli/progress';
import { Refusal } from '../failures';
import { Lock } from '../ledger/lock';
import { becomesReady } from '../place/apply-step';
import { openPlace } from '../place/open-place';
import type { Place } from '../place/place';
import { fileOf, type Resource, type SynthesizedStack, synthesize } from '../place/synthesized';
import { applyStack } from '../place/terraform';
import { runTool } from '../place/tool';
import { unifiedDiff } from '../unified-diff';
import { raiseRevision } from './raise-revision';
import { loginCommand, loginOf, type RotatedSecret, secretLabel } from './rotated-secrets';

/** What is rotated, and where. */
export interface Rotating {
  root: string;
  place: Place;
  kubeconfig: string | undefined;
  secret: RotatedSecret;
  /** How often the revision is raised: twice voids what is in use now. */
  raises: 1 | 2;
  progress: Progress;
  signal: AbortSignal;
}

/** The file of an environment before and after, and the revisions. */
export interface RotationPlan {
  file: string;
  before: string;
  after: string;
  revision: number;
  raised: number;
}

/** A password and what the server says to it. */
export interface Proof {
  password: string;
  isLetIn: boolean;
}

export interface Rotated extends RotationPlan {
  /** Names of the stacks that were applied. */
  applied: string[];
  proofs: Proof[];
}

/** PostgreSQL and Redis read their passwords again within two minutes, of which a Secret takes one to reach the pod. */
const takenSeconds = 180;
const readySeconds = 300;
const lookMilliseconds = 2_000;

/** What would be raised. @throws Refusal where the server is not ours, or the file has changes that are not committed */
export async function planRotation({
  root,
  place,
  secret,
  raises,
}: Omit<Rotating, 'progress' | 'signal'>): Promise<RotationPlan> {
  const { topology, passwordRevisions } = configurationIn(place.stacks)[secret.server];
  if (topology !== 'bundled') {
    throw new Refusal(
      `${secret.server} of ${place.environment} is not run here (${topology}): whoever runs it changes its passwords first; docs/rotation.md says how it is told here`,
    );
  }
  const file = path.join('config', 'environments', `${place.environment}.ts`);
  const { status } = await runTool('git', ['diff', '--quiet', 'HEAD', '--', file], { cwd: root });
  if (status !== 0) {
    throw new Refusal(
      `${file} has changes that are not committed: an interrupted rotation is ended by \`npm run deploy -- ${place.environment}\`; then commit it`,
    );
  }
  const revision = passwordRevisions[secret.user];
  const raised = revision + raises;
  const before = readFileSync(path.join(root, file), 'utf8');
  return { file, before, after: raiseRevision(before, secret, raised), revision, raised };
}

/** The change of the file for a person. */
export const planLines = ({ file, before, after }: RotationPlan): string[] => unifiedDiff(file, before, after);

/**
 * Makes a password anew under load: raises its revision, deploys, and tries the passwords at the server.
 *
 * @throws Refusal where the server lets the wrong one in, or the right one not
 */
export async function rotate(rotating: Rotating, plan: RotationPlan): Promise<Rotated> {
  const { place, secret } = rotating;
  const lock = await Lock.take(place.shelf, { command: `rotate ${secret.name} ${place.environment}` });
  try {
    const signal = AbortSignal.any([rotating.signal, lock.lost]);
    const before = await textsOf(place, secret, plan.revision);
    const applied: string[] = [];
    for (let revision = plan.revision + 1; revision <= plan.raised; revision += 1) {
      applied.push(...(await raiseTo({ ...rotating, signal }, plan, revision)));
    }
    const proofs = await rotating.progress.step('trying the passwords at the server', () =>
      prove({ ...rotating, signal }, plan, before),
    );
    return { ...plan, applied: [...new Set(applied)], proofs };
  } finally {
    await lock.release();
  }
}

/** Raises it by one, deploys what that changes, and waits until all of it runs. @returns names of the stacks */
async function raiseTo(rotating: Rotating, plan: RotationPlan, revision: number): Promise<string[]> {
  const { root, place, secret, progress, signal } = rotating;
  const stacks = await progress.step(`raising ${secret.name} to ${revision}`, () =>
    synthesizeRaised(rotating, plan, revision),
  );
  const former = new Map(place.stacks.map(({ name, resources }) => [name, resources]));
  const changed = stacks.filter(({ name, resources }) => !isDeepStrictEqual(resources, former.get(name)));
  const raisedPlace = openPlace({ root, environment: place.environment, stacks, kubeconfig: rotating.kubeconfig });
  await raisedPlace.prepare();
  try {
    for (const stack of changed) {
      await progress.step(`applying ${stack.name}`, async () => {
        const logs = path.join(root, '.local', 'rotate', place.environment);
        await applyStack(stack, { logs, onStart: () => undefined, signal });
        if (await becomesReady(raisedPlace, stack, readySeconds, signal)) return;
        throw new Refusal(`${stack.name} is not ready after ${readySeconds} s`);
      });
    }
  } catch (error) {
    const { message } = error as Error;
    throw new Refusal(
      `${message}\nThe revision in ${plan.file} is raised; end it with: npm run deploy -- ${place.environment}, then commit the file`,
    );
  }
  return changed.map(({ name }) => name);
}

/** The stacks with the raised revision; the file is as it was where they say anything else. */
async function synthesizeRaised(
  { root, place, secret }: Rotating,
  { file, before }: RotationPlan,
  revision: number,
): Promise<SynthesizedStack[]> {
  const wanted = structuredClone(configurationIn(place.stacks));
  wanted[secret.server].passwordRevisions[secret.user] = revision;
  writeFileSync(path.join(root, file), raiseRevision(before, secret, revision));
  try {
    const stacks = await synthesize(root, place.environment);
    if (isDeepStrictEqual(configurationIn(stacks), wanted)) return stacks;
    throw new Refusal(
      `${file} is not written as ours are; raise it by hand, and deploy: ${secret.server}.passwordRevisions.${secret.user} = ${revision}`,
    );
  } catch (error) {
    writeFileSync(path.join(root, file), before);
    throw error;
  }
}

/** What an environment is configured with, as its copies carry it. @throws Refusal where none are made */
function configurationIn(stacks: readonly SynthesizedStack[]): Resource {
  const text = fileOf(stacks, 'environment.json');
  if (text !== undefined) return JSON.parse(text);
  throw new Refusal(
    'this environment has no stack "backup", whose copy of its configuration is read: docs/rotation.md',
  );
}

/** The passwords of a revision and of the one beside it, by their revisions. */
async function textsOf(
  place: Place,
  secret: RotatedSecret,
  revision: number,
): Promise<{ present: string; other: string }> {
  const text = (of: number) => place.secretText(secretLabel(secret, of), 'password');
  return { present: await text(revision), other: await text(revision + 1) };
}

/** Tries what was void by the raises, what is the former one now, and what is new. */
async function prove(
  { place, secret, raises, signal }: Rotating,
  { raised }: RotationPlan,
  before: { present: string; other: string },
): Promise<Proof[]> {
  const now = await textsOf(place, secret, raised);
  const voided = raises === 1 ? before.other : before.present;
  const wanted = [
    { password: `the new one, of revision ${raised}`, of: raised, text: now.present, isLetIn: true },
    { password: `the former one, of revision ${raised - 1}`, of: raised - 1, text: now.other, isLetIn: true },
    { password: `the one before it at ${loginOf(secret, raised)}`, of: raised, text: voided, isLetIn: false },
  ];
  const deadline = performance.now() + takenSeconds * 1000;
  for (;;) {
    const found = await Promise.all(
      wanted.map(async ({ password, of, text }) => ({ password, isLetIn: await isLetIn(place, secret, of, text) })),
    );
    if (found.every(({ isLetIn: is }, index) => is === wanted[index]?.isLetIn)) return found;
    if (performance.now() > deadline) {
      const lines = found.map(({ password, isLetIn: is }) => `${password}: ${is ? 'let in' : 'refused'}`);
      throw new Refusal(`after ${takenSeconds} s ${secret.server} has not taken them: ${lines.join('; ')}`);
    }
    await sleep(lookMilliseconds, undefined, { signal });
  }
}

async function isLetIn(place: Place, secret: RotatedSecret, revision: number, text: string): Promise<boolean> {
  const { output } = await place.run(secret.server, loginCommand(secret, revision), {
    input: Readable.from(`${text}\n`),
  });
  return output.trim() === 'yes';
}
