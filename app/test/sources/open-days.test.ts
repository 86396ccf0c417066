import { calendarOf } from '../../src/sources/open-days';

describe('a calendar of open days', () => {
  const openDays = ['2024-01-05', '2024-01-02', '2024-01-03'];

  test('closes the days between them', () => {
    expect(calendarOf(openDays, '2024-01-02', '2024-01-05')).toEqual([
      { exchange: 'SH', day: '2024-01-02', isOpen: true },
      { exchange: 'SH', day: '2024-01-03', isOpen: true },
      { exchange: 'SH', day: '2024-01-04', isOpen: false },
      { exchange: 'SH', day: '2024-01-05', isOpen: true },
    ]);
  });

  test('says nothing about days before the first and after the last', () => {
    expect(calendarOf(openDays, '2023-12-30', '2024-01-09').map(({ day }) => day)).toEqual([
      '2024-01-02',
      '2024-01-03',
      '2024-01-04',
      '2024-01-05',
    ]);
    expect(calendarOf([], '2024-01-01', '2024-01-09')).toEqual([]);
  });
});
