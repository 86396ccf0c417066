import { environmentByName, environmentNames } from '../../config/environments';
import { outside } from '../../constructs/workload/connections';
import type { Workload } from '../../constructs/workload/workload';
import { type Container, type Controller, chartObjects, podsOf } from '../kubernetes-objects';
import { environmentSystem, type SynthesizedStack, stacksOf } from '../synthesized';

const clusters = environmentNames.filter((name) => environmentByName(name).target === 'kubernetes');

/** Within it a gateway and every node have noticed that a pod has left the traffic: docs/decisions/024-gateway-limits.md. */
const noticedSeconds = 15;

const drainOf = ({ lifecycle }: Container): number => Number(lifecycle?.pre_stop?.[0]?.exec.command[1] ?? 0);

/** What of a stack would lose requests, or hold an apply up, when it is rolled, drained or given a wrong image. */
function faultsOf(stack: SynthesizedStack): string[] {
  const deployments = Object.values(stack.resources<Controller>('kubernetes_deployment_v1'));
  const statefulSets = Object.values(stack.resources<Controller>('kubernetes_stateful_set_v1'));
  const budgets = chartObjects(stack).flatMap(({ kind, metadata }) =>
    kind === 'PodDisruptionBudget' ? [metadata.name] : [],
  );
  const faults = (controllers: readonly Controller[], what: string, isFaulty: (controller: Controller) => boolean) =>
    controllers.filter(isFaulty).map(({ metadata }) => `${metadata.name} ${what}`);
  const all = [...deployments, ...statefulSets];
  const anyContainer = ({ spec }: Controller, isSo: (container: Container) => boolean) =>
    spec.template.spec.container.some(isSo);
  return [
    ...faults(all, 'may be evicted whole', ({ metadata }) => !budgets.includes(metadata.name)),
    ...faults(all, 'is killed while it drains', (controller) =>
      anyContainer(
        controller,
        (container) => drainOf(container) >= (controller.spec.template.spec.termination_grace_period_seconds ?? 0),
      ),
    ),
    ...faults(all, 'is restarted as soon as it is not ready', (controller) =>
      anyContainer(
        controller,
        ({ readiness_probe: readiness, liveness_probe: liveness }) =>
          readiness !== undefined && JSON.stringify(readiness) === JSON.stringify(liveness),
      ),
    ),
    ...faults(
      deployments,
      'has fewer pods while it rolls',
      ({ spec: { strategy } }) => strategy?.type !== 'Recreate' && strategy?.rolling_update?.max_unavailable !== '0',
    ),
    ...faults(
      deployments,
      'is given up by its deadline',
      ({ spec }) => spec.progress_deadline_seconds !== 2_147_483_647,
    ),
    ...faults(
      statefulSets,
      'waits for a pod that cannot start',
      ({ spec }) => spec.pod_management_policy !== 'Parallel',
    ),
  ];
}

/** What requests of clients pass: what is open to the outside, and what that passes them on to. */
function passedThrough(name: string): string[] {
  const { connections } = environmentSystem(name).environment;
  const entrances = connections.edges.filter(({ from }) => from === outside).map(({ to }) => to as Workload);
  const behind = entrances.flatMap((entrance) =>
    connections.outOf(entrance).flatMap(({ to, isWatch }) => (isWatch ? [] : [to])),
  );
  return [...entrances, ...behind].map(({ component }) => component);
}

describe.each(clusters)('in %s', (name) => {
  test('nothing that stays loses requests when it is rolled or drained, or is repaired by hand only', () => {
    expect(stacksOf(name).flatMap(faultsOf)).toEqual([]);
  });

  test('what requests of clients pass goes on serving until everybody has noticed that it leaves', () => {
    const passed = passedThrough(name);
    expect(passed).toEqual(['gateway', 'api']);
    const pods = stacksOf(name).flatMap(podsOf);
    const drains = passed.map((component) => {
      const own = pods.find((pod) => pod.component === component)?.template.spec.container[0];
      return own && drainOf(own);
    });
    expect(drains.every((seconds) => seconds !== undefined && seconds >= noticedSeconds)).toBe(true);
  });
});

describe('a fault is found in whatever is added:', () => {
  const broken = (unit: 'application' | 'data', change: (controllers: Record<string, Controller>) => void) => {
    const stack = environmentSystem('dev').stack(unit);
    const json = structuredClone(stack.json);
    const of = (type: string) => (json.resource?.[type] ?? {}) as unknown as Record<string, Controller>;
    change({ ...of('kubernetes_deployment_v1'), ...of('kubernetes_stateful_set_v1') });
    return faultsOf(Object.assign(Object.create(Object.getPrototypeOf(stack)), stack, { json }));
  };
  const container = (controller: Controller | undefined) => controller?.spec.template.spec.container[0] as Container;

  test.each<[what: string, unit: 'application' | 'data', change: (all: Record<string, Controller>) => void]>([
    [
      'api has fewer pods while it rolls',
      'application',
      ({ api }) =>
        Object.assign(api?.spec.strategy ?? {}, { rolling_update: { max_surge: '0', max_unavailable: '1' } }),
    ],
    [
      'api is given up by its deadline',
      'application',
      ({ api }) => Object.assign(api?.spec ?? {}, { progress_deadline_seconds: 600 }),
    ],
    [
      'api is killed while it drains',
      'application',
      ({ api }) => Object.assign(api?.spec.template.spec ?? {}, { termination_grace_period_seconds: 15 }),
    ],
    [
      'greeting may be evicted whole',
      'application',
      ({ gateway }) => Object.assign(gateway?.metadata ?? {}, { name: 'stock-analysis-greeting' }),
    ],
    [
      'worker is restarted as soon as it is not ready',
      'application',
      ({ worker }) => Object.assign(container(worker), { readiness_probe: container(worker).liveness_probe }),
    ],
    [
      'queue waits for a pod that cannot start',
      'data',
      ({ queue }) => Object.assign(queue?.spec ?? {}, { pod_management_policy: 'OrderedReady' }),
    ],
  ])('%s', (what, unit, change) => {
    expect(broken(unit, change)).toEqual([`stock-analysis-${what}`]);
  });
});
