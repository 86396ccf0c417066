import { createLogger } from '../../src/runtime/logging';

function recordsOf(level: string, write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger('stock-analysis-test', level, { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line));
}

describe('the log', () => {
  test('has one JSON record a line, with the field names of the Elastic Common Schema', () => {
    const [record] = recordsOf('INFO', (logger) => logger.info({ job_id: 'x' }, 'job completed'));
    expect(record).toMatchObject({
      '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      'log.level': 'info',
      'service.name': 'stock-analysis-test',
      message: 'job completed',
      job_id: 'x',
    });
  });

  test('tells an error with its type, message and stack', () => {
    const [record] = recordsOf('INFO', (logger) => logger.error({ err: new TypeError('wrong') }, 'failed'));
    expect(record).toMatchObject({
      error: { type: 'TypeError', message: 'wrong', stack_trace: expect.stringContaining('at ') },
    });
  });

  test.each([
    ['DEBUG', 4],
    ['info', 3],
    ['WARNING', 2],
    ['ERROR', 1],
  ])('at %s holds %i of four records of rising severity', (level, count) => {
    const records = recordsOf(level, (logger) => {
      logger.debug('a');
      logger.info('b');
      logger.warn('c');
      logger.error('d');
    });
    expect(records).toHaveLength(count);
  });

  test('never holds a password or an API key', () => {
    const [record] = recordsOf('INFO', (logger) =>
      logger.info({ headers: { 'x-api-key': 'sk_secret' }, database: { password: 'hunter2' } }, 'x'),
    );
    expect(JSON.stringify(record)).not.toMatch(/sk_secret|hunter2/);
  });
});
