import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { type ApplyOptions, applyStack, lockLeftBy } from '../../../ops/src/place/terraform';

const who = `${userInfo().username}@${hostname()}`;
const startedAt = new Date('2026-11-26T10:00:00Z');

/** What Terraform 1.14 says. */
const locked = (by: string, created: string) => `
Error: Error acquiring the state lock

Error message: the state is already locked by another terraform client
Lock Info:
  ID:        1b4c2c1e-57ef-6b3f-7a07-8c1f3f0f8d6b
  Path:
  Operation: OperationTypeApply
  Who:       ${by}
  Version:   1.14.0
  Created:   ${created} +0000 UTC
  Info:
`;

describe('the lock of a state', () => {
  test('that a run of this machine left is known', () => {
    expect(lockLeftBy(locked(who, '2026-11-26 10:00:03.123456789'), { processId: 1, startedAt })).toBe(
      '1b4c2c1e-57ef-6b3f-7a07-8c1f3f0f8d6b',
    );
  });

  test.each([
    ['of somebody else', locked('other@machine', '2026-11-26 10:00:03.1')],
    ['from before that run', locked(who, '2026-11-26 09:59:59.1')],
    ['of which nothing is said', 'Error: the registry does not answer'],
  ])('%s is left alone', (_title, said) => {
    expect(lockLeftBy(said, { processId: 1, startedAt })).toBeUndefined();
  });
});

describe('Terraform', () => {
  let folder: string;
  const given = { ...process.env };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'terraform-test-'));
    mkdirSync(path.join(folder, 'bin'));
    process.env = { ...given, PATH: `${folder}/bin:${given.PATH}`, FOLDER: folder };
  });
  afterEach(() => {
    process.env = given;
    rmSync(folder, { recursive: true });
  });

  const program = (script: string) => {
    const file = path.join(folder, 'bin', 'terraform');
    writeFileSync(file, `#!/bin/sh\necho "$@" >>$FOLDER/asked\n${script}\n`);
    chmodSync(file, 0o755);
  };
  const asked = () => readFileSync(path.join(folder, 'asked'), 'utf8').trim().split('\n');
  const apply = (options: Partial<ApplyOptions> = {}) =>
    applyStack(
      { name: 'trial-data', folder, resources: {}, backend: {}, providers: {} },
      {
        logs: path.join(folder, 'logs'),
        onStart: async () => undefined,
        signal: new AbortController().signal,
        ...options,
      },
    );

  test('says what failed, and where all of it is', async () => {
    program('[ "$1" = init ] || { echo "Error: no such image"; exit 1; }');
    await expect(apply()).rejects.toThrow(
      `Terraform ended with 1 on trial-data; all it said is in ${folder}/logs/trial-data.log:\nError: no such image`,
    );
  });

  test('gets back the lock of the run that was killed, and goes on', async () => {
    program(`case $1 in
      apply) [ -f $FOLDER/unlocked ] || { cat $FOLDER/locked; exit 1; } ;;
      force-unlock) touch $FOLDER/unlocked ;;
    esac`);
    writeFileSync(path.join(folder, 'locked'), locked(who, '2026-11-26 10:00:03.1'));
    await apply({ earlier: { processId: undefined, startedAt } });
    expect(asked().map((line) => line.split(' ')[0])).toEqual(['init', 'apply', 'force-unlock', 'apply']);
    expect(asked()[2]).toBe('force-unlock -force 1b4c2c1e-57ef-6b3f-7a07-8c1f3f0f8d6b');
  });

  test('leaves the lock of others, and says that it is locked', async () => {
    program('[ "$1" = init ] || { cat $FOLDER/locked; exit 1; }');
    writeFileSync(path.join(folder, 'locked'), locked('other@machine', '2026-11-26 10:00:03.1'));
    await expect(apply({ earlier: { processId: undefined, startedAt } })).rejects.toThrow('already locked');
    expect(asked().map((line) => line.split(' ')[0])).toEqual(['init', 'apply']);
  });

  test('is not started by who was stopped before', async () => {
    program('true');
    await expect(apply({ signal: AbortSignal.abort(new Error('stopped by SIGINT')) })).rejects.toThrow('SIGINT');
    expect(existsSync(path.join(folder, 'asked'))).toBe(false);
  });

  test('of the run that was killed is waited for', async () => {
    program('sleep 1; touch $FOLDER/ended-$$');
    const left = spawn(path.join(folder, 'bin', 'terraform'), ['apply'], { detached: true, stdio: 'ignore' });
    const ended = new Promise((resolve) => left.on('close', resolve));
    let hasEnded = false;
    ended.then(() => {
      hasEnded = true;
    });
    const order: boolean[] = [];
    await apply({ earlier: { processId: left.pid, startedAt }, onStart: async () => void order.push(hasEnded) });
    expect(order).toEqual([true, true]);
  });
});
