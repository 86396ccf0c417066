import { Workload, type WorkloadProps } from '../../../constructs/workload/workload';
import { emptyStack, probes, scheduled, service, stateful } from '../../product';

const workload = (props: WorkloadProps) => new Workload(emptyStack('kubernetes'), 'workload', props);

test('a workload is named after its component', () => {
  expect(workload(service({ component: 'api' })).name).toBe('stock-analysis-api');
});

test('its environment and files are sorted, so that their order never makes a plan', () => {
  const { environment, files } = workload(
    service({ environment: { B: '2', A: '1', C: '3' }, files: { z: { content: '' }, a: { content: '' } } }),
  );
  expect(Object.keys(environment)).toEqual(['A', 'B', 'C']);
  expect(Object.keys(files)).toEqual(['a', 'z']);
});

test('a port is known by its name, and only by its name', () => {
  const api = workload(service({ ports: { http: 8000 } }));
  expect(api.port('http')).toBe(8000);
  expect(() => api.port('8000')).toThrow('workload "web" has no port "8000", its ports: http');
});

describe('what cannot be is refused where it is written', () => {
  test.each([
    [0, 1000],
    [1000, 0],
    [0, 0],
  ])('the user %i:%i is root', (uid, gid) => {
    for (const props of [service, stateful, scheduled]) {
      const kind = props({ user: { uid, gid } });
      expect(() => workload(kind)).toThrow(
        `workload "${kind.component}": user ${uid}:${gid} is root, allowed: a uid and a gid above 0`,
      );
    }
  });

  test('volumes of one name or at one path are refused', () => {
    const data = { path: '/data', sizeGiB: 3 };
    expect(() => workload(stateful({ volumes: [data, { path: '/copies', sizeGiB: 2 }] }))).toThrow(
      'workload "store": two of its volumes are called "data", allowed: a name of its own each',
    );
    expect(() => workload(stateful({ volumes: [data, { ...data, name: 'copies' }] }))).toThrow(
      'workload "store": two of its volumes are mounted at "/data", allowed: a path of its own each',
    );
  });

  test('readiness and liveness that ask the same restart a pod before it has lost its traffic', () => {
    const same = { ...probes, liveness: { ...probes.readiness } };
    expect(() => workload(service({ probes: same }))).toThrow(
      'workload "web": readiness and liveness are the same (ask ready)',
    );
    expect(() => workload(stateful({ probes: same }))).toThrow('workload "store": readiness and liveness are the same');
  });

  test('readiness and liveness may ask the same question at different times', () => {
    const patient = { ...probes, liveness: { ...probes.readiness, failureThreshold: 10 } };
    expect(() => workload(service({ probes: patient }))).not.toThrow();
  });

  test.each(['startup', 'readiness', 'liveness'] as const)('a %s probe of a port that is not there', (probe) => {
    const check = { command: ['ask'], http: { port: 'https', path: '/' } };
    const asking = { ...probes, [probe]: { ...probes[probe], check } };
    expect(() => workload(service({ ports: { http: 80 }, probes: asking }))).toThrow(
      `workload "web": ${probe} probe asks port "https", which it does not have`,
    );
  });

  test('preparations before a command that only the image knows', () => {
    const preparations = [{ name: 'migrate', command: ['migrate'] }];
    expect(() => workload(service({ preparations }))).toThrow(
      'workload "web": preparations need the command they come before, it has none',
    );
    expect(() => workload(service({ preparations, command: ['serve'] }))).not.toThrow();
  });

  test('a component whose name is no host name', () => {
    expect(() => workload(service({ component: 'Web_1' }))).toThrow('name "stock-analysis-Web_1"');
  });

  // A CronJob adds eleven characters to the names of its jobs, a StatefulSet's revision label ten and a dash.
  test.each([scheduled, stateful])(
    'a name that the objects made from it could not bear: more than 52 characters',
    (props) => {
      const fits = 'a'.repeat(52 - 'stock-analysis-'.length);
      expect(() => workload(props({ component: fits }))).not.toThrow();
      expect(() => workload(props({ component: `${fits}b` }))).toThrow(/52/);
    },
  );

  test.each(['* * * * * *', 'never', '0 0 1 * 1'])('the schedule %j, on every target alike', (schedule) => {
    expect(() => workload(scheduled({ schedule }))).toThrow(`workload "nightly": schedule "${schedule}"`);
  });
});
