import { tellOfTargets } from '../../../ops/src/checks/running-checks';

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
