import { isCopyId, newCopyId } from '../../../ops/src/backup/copy-id';

test('a copy is named by its moment in UTC, and two of one second are two', () => {
  const moment = new Date('2026-11-26T10:30:00.999+08:00');
  const ids = new Set(Array.from({ length: 20 }, () => newCopyId(moment)));
  expect(ids.size).toBe(20);
  for (const id of ids) {
    expect(id).toMatch(/^20261126T023000Z-[0-9a-f]{6}$/);
    expect(isCopyId(id)).toBe(true);
  }
});

test('names sort as their moments do', () => {
  const ids = ['2026-01-02T00:00:00Z', '2026-01-10T00:00:00Z', '2026-11-01T00:00:00Z'].map((moment) =>
    newCopyId(new Date(moment)),
  );
  expect([...ids].sort()).toEqual(ids);
});

test.each([
  '',
  '.',
  '..',
  'lost+found',
  'stockops-store.json',
  '20261126T023000Z-4f1c9a.partial',
  '../20261126T023000Z-4f1c9a',
  '20261126T023000Z-4f1c9a/',
  '20261126T023000Z-4f1c9a\n',
  '20261126T023000Z-4F1C9A',
])('%p is the name of none', (text) => {
  expect(isCopyId(text)).toBe(false);
});
