import { type DeploymentJournal, keepRelease, type Release } from '../ledger/deployments';
import { applyStep } from '../place/apply-step';
import { type SynthesizedStack, stackOf } from '../place/synthesized';
import { askGateway, readThroughGateway } from '../place/verification';
import type { Step } from '../walk/walk';
import type { Owned } from './owning';
import { preflight } from './preflight';
import { askApplication, packStack, unpackStack } from './release';
import type { Reviewed } from './reviewed';
import { soak } from './soak';

/** What the steps of a way back work with. */
export interface GoingBack extends Owned {
  journal: DeploymentJournal;
  /** An API key for the smoke test; without it one is made, and revoked. */
  apiKey: string | undefined;
}

/** What the steps of a deployment work with. */
export interface Deploying extends GoingBack {
  reviewed: Reviewed;
  /** The release that one goes back to; undefined where none was good yet. */
  from: Release | undefined;
  /** 0: it is called good without being watched. */
  soakSeconds: number;
  /** Ids of checks of the doctor that are to be no reason to stop. */
  despite: readonly string[];
}

/** What steps of a deployment are about; a failure of the release is undone by going back. */
type Phase = 'look' | 'stacks' | 'release' | 'back';
export const ofRelease: Phase = 'release';

/** A deployment, from a look at everything to a release that one can go back to. */
export function deploySteps(deploying: Deploying): Step[] {
  const { stacks } = deploying.place;
  const application = stackOf(stacks, 'application');
  const [before, after] = [stacks.slice(0, stacks.indexOf(application)), stacks.slice(stacks.indexOf(application) + 1)];
  const applied = (stack: SynthesizedStack) => applyStep(applying(deploying), stack, 'stacks');
  return [
    preflightStep(deploying),
    prepareStep(deploying),
    ...before.map(applied),
    applicationStep(deploying, application),
    schemaStep(deploying),
    smokeStep(deploying),
    ...after.map(applied),
    soakStep(deploying, application),
    commitStep(deploying),
  ];
}

/** The way back to a release: its application alone, never data. @param end what is written down once it is there */
export function backSteps(goingBack: GoingBack, to: Release, end: 'good' | 'rolled back'): Step[] {
  const { journal, place } = goingBack;
  const unpacked = unpackStack(to, place);
  const apply = applyStep(applying(goingBack), unpacked, 'back', `back ${unpacked.name}`);
  const smoke = smokeStep(goingBack);
  return [
    {
      ...apply,
      text: `the application of release ${to.id}, ${to.image}`,
      act: async (tell) => {
        await journal.note({ runs: to.id });
        return apply.act(tell);
      },
    },
    {
      ...smoke,
      name: 'back smoke',
      phase: 'back',
      act: async (tell) => {
        const found = await smoke.act(tell);
        await journal.note({ state: end });
        return found;
      },
    },
  ];
}

const applying = ({ place, journal, logs, signal }: GoingBack) => ({
  place,
  journal,
  logs,
  variables: {},
  signal,
});

function preflightStep(deploying: Deploying): Step {
  return {
    name: preflightName,
    phase: 'look',
    text: 'the plan, the doctor, the image, the migrations',
    act: () => preflight({ ...deploying, despite: [...deploying.despite, ...takenBack(deploying)] }),
  };
}

export const preflightName = 'preflight';

/** A deployment that goes on takes back the lock that its own Terraform left on a state. */
const takenBack = ({ journal }: Deploying): string[] =>
  journal.content.steps.some(({ name }) => name.startsWith('apply ')) ? ['STATE-002'] : [];

function prepareStep({ place }: Deploying): Step {
  return {
    name: 'prepare',
    phase: 'stacks',
    text: 'what the stacks need beside themselves',
    act: () => place.prepare(),
  };
}

/** Its migrations are run by its own containers before they serve. */
function applicationStep(deploying: Deploying, application: SynthesizedStack): Step {
  const { journal } = deploying;
  const apply = applyStep(applying(deploying), application, ofRelease);
  return {
    ...apply,
    act: async (tell) => {
      await journal.note({ runs: journal.content.id });
      return apply.act(tell);
    },
  };
}

function schemaStep({ place, journal }: Deploying): Step {
  return {
    name: 'schema',
    phase: ofRelease,
    text: 'the version that runs, and the migrations of the database',
    act: async () => {
      const { version, applied } = await askApplication(place);
      await journal.note({ version, migrations: applied });
      return `version ${version}, migrations up to ${applied.at(-1)}`;
    },
  };
}

function smokeStep({ place, apiKey, signal }: GoingBack): Step {
  return {
    name: 'smoke',
    phase: ofRelease,
    text: 'the gateway answers, and a request through it',
    act: async () => {
      const health = await place.withGateway((address) => askGateway(address, place.host, signal));
      return `${health}; ${await readThroughGateway(place, apiKey, signal)}`;
    },
  };
}

function soakStep({ place, journal, from, soakSeconds, signal }: Deploying, application: SynthesizedStack): Step {
  const isSo = async (hasEnded: boolean) => hasEnded;
  const step = { name: 'soak', phase: ofRelease, isSo };
  if (soakSeconds === 0) return { ...step, text: 'not watched, as was said', act: async () => 'nobody watched it' };
  return {
    ...step,
    text: `it is watched for ${soakSeconds} s, and compared with the half hour before`,
    act: (tell) => {
      const until = new Date(journal.step(`apply ${application.name}`)?.beganAt ?? journal.content.startedAt);
      const began = new Date(journal.step('soak')?.beganAt ?? Date.now());
      return soak({ place, until: from && until, from: began, seconds: soakSeconds, tell, signal });
    },
  };
}

function commitStep({ place, journal, reviewed }: Deploying): Step {
  return {
    name: 'commit',
    phase: 'stacks',
    text: 'it is remembered as a release that one can go back to',
    isSo: async (hasEnded) => hasEnded,
    act: async () => {
      const { id, image, version = '', migrations = [] } = journal.content;
      const stack = await packStack(place, id);
      const at = new Date().toISOString();
      const { commit, planHash } = reviewed;
      await keepRelease(place.shelf, {
        id,
        at,
        ...(commit && { commit }),
        planHash,
        image,
        version,
        migrations,
        stack,
      });
      await journal.note({ state: 'good' });
      return `release ${id}`;
    },
  };
}
