import { Refusal } from '../failures';
import { applyInStep, applyStep } from '../place/apply-step';
import { type SynthesizedStack, stackOf } from '../place/synthesized';
import { askGateway, readThroughGateway, requireTargetsUp } from '../place/verification';
import type { Step } from '../walk/walk';
import { dataSteps, requireCopyInWorkload } from './data-steps';
import type { Recovering } from './recovering';
import { inWorkload } from './workload';

/** The parts of the disaster flow (manual 6.2), in its order. */
type Phase = 'infrastructure' | 'data' | 'services' | 'verification';

/** That flow of an environment, from nothing to what customers had. */
export function stepsOf(recovering: Recovering): Step[] {
  const { place, stacks, keys } = recovering;
  const backup = stackOf(stacks, 'backup');
  const application = stackOf(stacks, 'application');
  const first = stacks.slice(0, stacks.indexOf(application));
  const rest = stacks.filter((stack) => ![...first, backup, application].includes(stack));
  const applying = { ...recovering, variables: place.variables(keys) };
  const applied = (phase: Phase) => (stack: SynthesizedStack) => applyStep(applying, stack, phase);
  const isWatched = stacks.some(({ name }) => name.endsWith('-observability'));
  return [
    place.beforeStacks(keys),
    ...first.map(applied('infrastructure')),
    ...place.beforeBackup(keys, (stack, step, only) => applyInStep(applying, stack, step, only)),
    applyStep(applying, backup, 'data'),
    ...dataSteps(recovering),
    applyStep(applying, application, 'services'),
    answersStep(recovering),
    ...rest.map(applied('services')),
    ...verificationSteps(recovering, isWatched),
  ];
}

/** The step by whose end customers have what they had. */
export const answeredStep = 'answers';

function answersStep({ place, signal }: Recovering): Step {
  return {
    name: answeredStep,
    phase: 'services',
    text: 'the gateway answers, and finds the application well',
    act: () => place.withGateway((address) => askGateway(address, place.host, signal)),
  };
}

function verificationSteps(recovering: Recovering, isWatched: boolean): Step[] {
  const { place, apiKey, signal } = recovering;
  const counted: Step = {
    name: 'counts',
    phase: 'verification',
    text: 'as many rows as in the manifest',
    act: async () => {
      const copy = await requireCopyInWorkload(recovering);
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
