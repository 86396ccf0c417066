import { tellOfComponents, tellOfTargets } from '../../../ops/src/checks/running-checks';
import { type Component, notThere } from '../../../ops/src/running/component';

const component = (name: string, found: Partial<Component> = {}): Component => {
  const ready = { wanted: 1, ready: 1, serving: 1, image: 'app:1', restarts: 0, endedAt: undefined, fault: undefined };
  return { name, stack: 'application', kind: 'deployment', ...ready, ...found };
};
const stopped = { wanted: 0, ready: 0, serving: 0 };
const broken = { ready: 0, serving: 0, fault: 'it ends' };
const logs = (name: string) => `npm run stockops -- logs {environment} ${name} --since 15m`;

test.each<[string, Component[], string, string | undefined]>([
  ['that run', [component('api')], 'ok', undefined],
  ['of which nothing is deployed', [component('api', notThere('away'))], 'skipped', undefined],
  ['that were stopped', [component('api', stopped), component('agent')], 'fail', 'up'],
  ['of which one is missing', [component('api', notThere('away')), component('agent')], 'fail', 'up'],
  [
    'of which one was stopped and one is broken',
    [component('api', stopped), component('worker', broken)],
    'fail',
    logs('worker'),
  ],
])('RUN-001 tells of components %s, and what to run', (_title, components, state, command) => {
  const told = tellOfComponents(components, 'up');
  expect(told.state).toBe(state);
  expect('command' in told ? told.command : undefined).toBe(command);
});

const target = (job: string, health: string, lastError = '') => ({
  health,
  lastError,
  labels: { job, instance: '10.0.0.1:1' },
});

test.each([
  ['that are up', [target('api', 'up')], 'ok', '1 targets'],
  ['of which there are none', [], 'fail', 'it knows no target'],
  [
    'of which one is down',
    [target('api', 'up'), target('cache', 'down', 'refused')],
    'fail',
    'cache 10.0.0.1:1 refused',
  ],
  [
    'that were started a moment ago',
    [target('api', 'up'), target('kubelet', 'unknown')],
    'warn',
    'not scraped yet: kubelet 10.0.0.1:1; look again in a minute',
  ],
  [
    'of which one is down and one was started a moment ago',
    [target('cache', 'down'), target('kubelet', 'unknown')],
    'fail',
    'cache 10.0.0.1:1',
  ],
])('RUN-004 tells of targets %s', (_title, targets, state, seen) => {
  expect(tellOfTargets(targets)).toMatchObject({ state, seen });
});
