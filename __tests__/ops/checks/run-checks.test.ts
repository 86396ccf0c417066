import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, fail, ok, skipped, warn } from '../../../ops/src/checks/check';
import { EmbeddedFolder } from '../../../ops/src/checks/embedded-folder';
import { runChecks } from '../../../ops/src/checks/run-checks';
import { Subject } from '../../../ops/src/checks/subject';
import { exitCodeOf, findingLine, lastLine } from '../../../ops/src/cli/findings';

const check = (id: string, run: Check['run'], rest: Partial<Check> = {}): Check => ({
  id,
  scope: ['embedded'],
  title: `${id} is well`,
  severity: 'fail',
  expected: 'to be well',
  command: 'look --at {environment}',
  about: '',
  run,
  ...rest,
});

const subject = () =>
  Subject.ofFolder({ root: '/', signal: new AbortController().signal }, new EmbeddedFolder('/nowhere'));
const run = (checks: readonly Check[], isProbing = false) => runChecks(checks, subject(), { isProbing });

test('checks begin together and are told in their order', async () => {
  const begun: string[] = [];
  const slow = check('A-001', async () => {
    begun.push('A');
    await sleep(20);
    return ok('slow');
  });
  const quick = check('A-002', async () => {
    begun.push(`B while ${begun.join()} is under way`);
    return ok('quick');
  });
  expect((await run([slow, quick])).map(({ id, state }) => `${id} ${state}`)).toEqual(['A-001 ok', 'A-002 ok']);
  expect(begun).toEqual(['A', 'B while A is under way']);
});

test('what was stopped meanwhile found nothing', async () => {
  const stopping = new AbortController();
  const looking = Subject.ofFolder({ root: '/', signal: stopping.signal }, new EmbeddedFolder('/nowhere'));
  const stopped = check('A-001', async ({ signal }) => {
    stopping.abort(new Error('stopped by SIGINT'));
    return signal.aborted ? fail('it does not answer') : ok('it answers');
  });
  await expect(runChecks([stopped], looking, { isProbing: false })).rejects.toThrow('stopped by SIGINT');
});

test('what throws, or does not answer in time, is unknown; the others are asked all the same', async () => {
  const findings = await run([
    check('A-001', () => {
      throw new Error('before it began');
    }),
    check('A-002', () => Promise.reject(new Error('no way there'))),
    check('A-003', () => sleep(60_000, ok('too late'), { ref: false }), { timeoutSeconds: 0.02 }),
    check('A-004', async () => ok('well')),
  ]);
  expect(findings.map(({ state, seen }) => `${state}: ${seen}`)).toEqual([
    'unknown: before it began',
    'unknown: no way there',
    'unknown: no answer within 0.02 s',
    'ok: well',
  ]);
});

test('what needs something that is not well is skipped because of the first of them', async () => {
  const asked = jest.fn(async () => ok('well'));
  const findings = await run([
    check('A-001', async () => fail('gone')),
    check('A-002', asked, { needs: ['A-001'] }),
    check('A-003', asked, { needs: ['A-002'] }),
    check('B-001', async () => skipped('nothing is deployed')),
    check('B-002', asked, { needs: ['B-001'] }),
    check('C-001', async () => warn('a little')),
    check('C-002', async () => ok('asked'), { needs: ['C-001', 'Z-404'] }),
  ]);
  expect(asked).not.toHaveBeenCalled();
  expect(findings.map(({ state, seen }) => `${state}: ${seen}`)).toEqual([
    'fail: gone',
    'skipped: A-001 is fail',
    'skipped: A-001 is fail',
    'skipped: nothing is deployed',
    'skipped: B-001 is skipped',
    'warn: a little',
    'ok: asked',
  ]);
});

test('a check says nothing worse than it may', async () => {
  const [finding] = await run([check('A-001', async () => fail('no internet'), { severity: 'warn' })]);
  expect(finding?.state).toBe('warn');
});

test('what may take a moment is asked again', async () => {
  let asked = 0;
  const late = check('A-001', async () => (++asked < 2 ? fail('not yet') : ok('there')), { retrySeconds: 5 });
  expect((await run([late]))[0]).toMatchObject({ state: 'ok', seen: 'there' });
});

test('what makes something there is asked for', async () => {
  const probe = check('A-001', async () => ok('tried'), { isProbe: true });
  expect((await run([probe]))[0]).toMatchObject({ state: 'skipped', seen: expect.stringContaining('--probe') });
  expect((await run([probe], true))[0]).toMatchObject({ state: 'ok' });
});

test('a finding says what was seen, what to run and where more is written, on one line and without secrets', async () => {
  const [finding] = await run([
    check('A-001', async () =>
      fail('postgresql://app:hunter2@db/stockdb\nrefused: password=hunter3, AGE-SECRET-KEY-1QQQ', {
        evidence: ['Bearer abcdefgh12345678'],
      }),
    ),
  ]);
  expect(finding).toMatchObject({
    object: 'embedded',
    expected: 'to be well',
    command: 'look --at embedded',
    page: 'docs/checks.md#a-001',
    evidence: ['Bearer [redacted]'],
  });
  expect(JSON.stringify(finding)).not.toMatch(/hunter|1QQQ/);
  const line = finding && findingLine(finding);
  expect(line).toBe(
    'fail    A-001      A-001 is well — postgresql://app:[redacted]@db/stockdb refused: password=[redacted], AGE-SECRET-KEY-1[redacted]; run: look --at embedded; docs/checks.md#a-001',
  );
});

test.each<[string, Check['run'][], boolean, number]>([
  ['0 where all is well', [async () => ok('')], false, 0],
  ['0 for a warning', [async () => warn('')], false, 0],
  ['1 for a warning where that was asked for', [async () => warn('')], true, 1],
  ['1 for what fails, whatever else there is', [async () => fail(''), () => Promise.reject(new Error())], false, 1],
  ['3 for what is unknown', [async () => ok(''), () => Promise.reject(new Error('away'))], false, 3],
  ['0 for what is skipped', [async () => skipped('not here')], false, 0],
])('the exit code is %s', async (_title, runs, isStrict, exitCode) => {
  const findings = await run(runs.map((each, index) => check(`A-00${index}`, each)));
  expect(exitCodeOf(findings, isStrict)).toBe(exitCode);
  expect(lastLine(findings, exitCode)).toContain(`(exit code ${exitCode})`);
});
