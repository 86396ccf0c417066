import { Health } from '../src/health';

const works = async () => undefined;
const fails = async () => {
  throw new Error('no connection');
};

describe('health', () => {
  test('is ok while everything works', async () => {
    const report = await new Health([{ name: 'database', check: works }]).report();
    expect(report).toEqual({ status: 'ok', checks: { database: { status: 'ok', duration_ms: expect.any(Number) } } });
  });

  test('is degraded without something optional, unavailable without something needed', async () => {
    const cache = { name: 'cache', optional: true, check: fails };
    expect((await new Health([{ name: 'database', check: works }, cache]).report()).status).toBe('degraded');
    const report = await new Health([{ name: 'database', check: fails }, cache]).report();
    expect(report).toMatchObject({
      status: 'unavailable',
      checks: { database: { status: 'failed', error: 'no connection' } },
    });
  });

  test('does not wait longer than a second for an answer', async () => {
    const started = performance.now();
    const report = await new Health([{ name: 'queue', check: () => new Promise(() => undefined) }]).report();
    expect(report).toMatchObject({ status: 'unavailable', checks: { queue: { error: 'no answer within 1 s' } } });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('is unavailable from the moment the process is told to stop', async () => {
    const health = new Health([{ name: 'database', check: works }]);
    health.stop();
    expect(await health.report()).toMatchObject({ status: 'unavailable', checks: { process: { error: 'stopping' } } });
  });
});
