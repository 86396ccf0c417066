import { ConfigurationError } from '../../config/configuration-error';
import type { EnvironmentConfig } from '../../config/environment';
import { defineEnvironment } from '../../config/environment';
import dev from '../../config/environments/dev';
import local from '../../config/environments/local';
import { Workload, type WorkloadProps } from '../../constructs/workload/workload';
import { refuseAboveQuota } from '../../stacks/quota';
import { addSystem } from '../../stacks/system';
import { changed } from '../config/changed';
import { emptyStackOf, scheduled, service, stateful } from '../product';
import { synthesized } from '../synthesized';

const most = { cpuMillicores: 100_000, memoryMiB: 100_000, storageGiB: 100, pods: 100 };

/** The lines of the refusal of an environment with these workloads; none when they fit. */
function refusal(quota: Partial<EnvironmentConfig['quota']>, ...workloads: WorkloadProps[]): string[] {
  const stack = emptyStackOf({ ...dev, quota: { ...most, ...quota } });
  workloads.forEach((props, index) => {
    new Workload(stack, `${index}`, props);
  });
  try {
    refuseAboveQuota(stack.environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message.split('\n').slice(1);
  }
}

describe('the quota has to hold', () => {
  test('twice the replicas of what rolls: those that end count beside those that begin', () => {
    const rolling = service({ scale: { replicas: 3 } });
    expect(refusal({ pods: 6, cpuMillicores: 3000, memoryMiB: 6 * 256 }, rolling)).toEqual([]);
    expect(refusal({ pods: 5 }, rolling)).toEqual([
      '  quota.pods: got 5, allowed: 6 or more, the most there can be at a time (web 6)',
    ]);
  });

  test('an autoscaler at its end', () => {
    const scale = { minReplicas: 2, maxReplicas: 5, cpuPercent: 70 };
    expect(refusal({ cpuMillicores: 4999 }, service({ scale }))).toEqual([
      '  quota.cpuMillicores: got 4999, allowed: 5000 or more, the most there can be at a time (web 5000)',
    ]);
  });

  test('what is recreated once', () => {
    expect(refusal({ pods: 1 }, service({ update: 'recreate' }))).toEqual([]);
  });

  test('a stateful set, its claim, and the pod of a schedule', () => {
    expect(refusal({ pods: 1, storageGiB: 2 }, stateful(), scheduled())).toEqual([
      '  quota.storageGiB: got 2, allowed: 3 or more, the most there can be at a time (store 3)',
      '  quota.pods: got 1, allowed: 2 or more, the most there can be at a time (store 1, nightly 1)',
    ]);
  });

  test('a volume that is kept beside another', () => {
    const kept = [{ name: 'data-17', path: '/var/lib/postgresql/data', sizeGiB: 4, version: '17' }];
    expect(refusal({ storageGiB: 6 }, stateful({ keptVolumes: kept }))).toEqual([
      '  quota.storageGiB: got 6, allowed: 7 or more, the most there can be at a time (store 7)',
    ]);
  });

  test('a preparation in the place of its container', () => {
    const prepared = service({
      command: ['serve'],
      preparations: [{ name: 'migrate', command: ['serve', 'migrate'] }],
    });
    expect(refusal({ cpuMillicores: 1000, memoryMiB: 512, pods: 2 }, prepared)).toEqual([]);
  });
});

test('an environment that is too small is refused before anything is written', () => {
  const config = defineEnvironment(changed(dev, { 'quota.memoryMiB': 1024 }));
  expect(() => synthesized((app) => addSystem(app, config))).toThrow(
    /^environment "dev":\n {2}quota\.memoryMiB: got 1024, allowed: \d+ or more, .*postgres 768/,
  );
});

test('an engine has no quota', () => {
  const config = defineEnvironment(changed(local, { 'quota.pods': 1 }));
  expect(() => synthesized((app) => addSystem(app, config))).not.toThrow();
});
