import fc from 'fast-check';
import { JobRequestError, readJobOrder } from '../../src/jobs/job-request';
import { datasets } from '../../src/market/dataset';

const today = '2024-06-03';
const days = { start: '2024-01-02', end: '2024-01-31' };

describe('an order for a job', () => {
  test('that means the same gives the same job, however it is written', () => {
    const forms = fc.constantFrom('600000', '600000.SH', 'sh600000', '000001', 'SZ.000001', '920163.BJ');
    fc.assert(
      fc.property(fc.array(forms, { minLength: 1 }), (symbols) => {
        const order = { type: 'ingest', ...days } as const;
        const shuffled = [...symbols, ...symbols].reverse();
        expect(readJobOrder({ ...order, symbols }, today)).toEqual(
          readJobOrder({ ...order, symbols: shuffled }, today),
        );
      }),
    );
    const backfill = { type: 'backfill', ...days } as const;
    expect(readJobOrder({ ...backfill, datasets: ['daily', 'suspend', 'daily'] }, today)).toEqual(
      readJobOrder({ ...backfill, datasets: ['suspend', 'daily'] }, today),
    );
  });

  test('of type ingest asks for daily bars of every stock from the configured sources, unless it says otherwise', () => {
    expect(readJobOrder({ type: 'ingest', ...days }, today)).toMatchObject({
      request: { dataset: 'daily', source: 'auto', symbols: null, ...days },
      priority: 5,
    });
  });

  test.each(datasets)('for %s is either taken or refused with what to do, whatever its fields', (dataset) => {
    const optional = <T>(...values: T[]) => fc.constantFrom(undefined, ...values);
    const order = fc.record({
      type: fc.constantFrom('ingest' as const, 'backfill' as const),
      dataset: optional(dataset),
      datasets: optional([dataset]),
      symbols: optional(['600000']),
      start: optional('1980-01-01', '2024-01-02', '2999-01-01'),
      end: optional('2024-01-31', '2999-12-31'),
    });
    fc.assert(
      fc.property(order, (given) => {
        try {
          const { request } = readJobOrder(given, today);
          expect(request).toMatchObject({ start: expect.stringMatching(/^\d{4}-/), end: expect.any(String) });
        } catch (error) {
          expect(error).toBeInstanceOf(JobRequestError);
        }
      }),
    );
  });
});
