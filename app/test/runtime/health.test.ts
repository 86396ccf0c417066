import { type Dependency, Health } from '../../src/runtime/health';

const works = async () => undefined;
const fails = async () => {
  throw new Error('no connection');
};

function started(...dependencies: Dependency[]): Health {
  const health = new Health(dependencies);
  health.start();
  return health;
}

describe('health', () => {
  test('is ok while everything works', async () => {
    const report = await started({ name: 'database', check: works }).report();
    const ok = { status: 'ok', duration_ms: expect.any(Number) };
    expect(report).toEqual({ status: 'ok', checks: { process: ok, database: ok } });
  });

  test('is degraded without something optional, unavailable without something needed', async () => {
    const cache = { name: 'cache', optional: true, check: fails };
    expect((await started({ name: 'database', check: works }, cache).report()).status).toBe('degraded');
    const report = await started({ name: 'database', check: fails }, cache).report();
    expect(report).toMatchObject({
      status: 'unavailable',
      checks: { database: { status: 'failed', error: 'no connection' } },
    });
  });

  test('does not wait longer than a second for an answer', async () => {
    const asked = performance.now();
    const report = await started({ name: 'queue', check: () => new Promise(() => undefined) }).report();
    expect(report).toMatchObject({ status: 'unavailable', checks: { queue: { error: 'no answer within 1 s' } } });
    expect(performance.now() - asked).toBeLessThan(10_000);
  });

  test('asks once for all who want to know at the same time, and anew for the next', async () => {
    const check = jest.fn(works);
    const health = started({ name: 'database', check });
    await Promise.all([health.report(), health.report(), health.report()]);
    expect(check).toHaveBeenCalledTimes(1);
    await health.report();
    expect(check).toHaveBeenCalledTimes(2);
  });

  test('is unavailable from the moment the process is told to stop', async () => {
    const health = started({ name: 'database', check: works });
    health.stop();
    expect(health.readiness()).toMatchObject({ status: 'unavailable' });
    expect(await health.report()).toMatchObject({ status: 'unavailable', checks: { process: { error: 'stopping' } } });
  });

  test('is that of this process alone where it is asked whether it is ready', () => {
    const health = new Health([{ name: 'database', check: fails }]);
    expect(health.readiness()).toEqual({
      status: 'unavailable',
      checks: { process: { status: 'failed', duration_ms: 0, error: 'starting' } },
    });
    health.start();
    expect(health.readiness()).toEqual({ status: 'ok', checks: { process: { status: 'ok', duration_ms: 0 } } });
  });

  test('does not go back to ready once the process is told to stop', () => {
    const health = new Health([]);
    health.stop();
    health.start();
    expect(health.readiness().status).toBe('unavailable');
  });
});
