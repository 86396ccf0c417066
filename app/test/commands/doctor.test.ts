import { tellOfSessions } from '../../src/commands/doctor';

const long = [
  { application: 'stock-worker', seconds: 900 },
  { application: 'stock-api', seconds: 400 },
];

test.each([
  ['few', { count: 12, most: 100, long: [] }, 'ok', '12 of 100, and no statement of ours runs for long'],
  ['almost as many as there may be', { count: 81, most: 100, long }, 'wrong', '81 of 100 are in use'],
  [
    'some that run for long',
    { count: 12, most: 100, long },
    'wrong',
    '12 of 100; 2 statements of ours run for more than 5 minutes, the longest, of stock-worker, for 900 s',
  ],
])('the doctor tells of connections, %s', (_title, sessions, state, finding) => {
  expect(tellOfSessions(sessions)).toMatchObject({ state, finding });
});
