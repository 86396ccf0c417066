import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tickTable } from '../../../ops/src/cli/watch';
import type { Component } from '../../../ops/src/running/component';
import { inProcess } from '../in-process';

let folder: string;
const given = process.env.STOCK_FOLDER;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'watch-'));
  process.env.STOCK_FOLDER = folder;
});
afterEach(() => {
  process.env.STOCK_FOLDER = given;
  if (given === undefined) delete process.env.STOCK_FOLDER;
  rmSync(folder, { recursive: true });
});

test('watch tells a line each time to a program, and nothing else', async () => {
  const { stdout } = await inProcess(['watch', 'embedded', '--count', '1']);
  expect(stdout).toMatch(/^\d{4}-[^\n]*skipped RUN-001[^\n]*HOST-006 load[^\n]*\n$/);
});

test('watch --json tells an object on a line each time', async () => {
  const { stdout, status } = await inProcess(['watch', 'embedded', '--count', '2', '--every', '1', '--json']);
  const told = stdout.trimEnd().split('\n');
  expect(told).toHaveLength(2);
  for (const line of told)
    expect(JSON.parse(line)).toMatchObject({ schemaVersion: 1, command: 'watch', environment: 'embedded', ok: true });
  expect(status).toBe(0);
});

test('watch --json says on one line why it does not watch', async () => {
  const { stdout, status } = await inProcess(['watch', 'nowhere', '--json']);
  expect(stdout.trimEnd()).not.toContain('\n');
  expect(JSON.parse(stdout)).toMatchObject({ command: 'watch', ok: false, exitCode: 2 });
  expect(status).toBe(2);
});

test('a table begins with what is asked, and has what is not well before what is', () => {
  const component = (name: string, ready: number): Component => ({
    ...{ name, stack: 'trial-data', kind: 'container', wanted: 1, ready, serving: ready, image: 'x:1' },
    ...{ restarts: 0, endedAt: undefined, fault: ready ? undefined : 'it ended' },
  });
  const finding = { id: 'RUN-001', title: '', state: 'fail', seen: '1 of 2 do not', expected: '', object: '' } as const;
  const findings = [{ ...finding, command: '', page: '', durationMilliseconds: 0, evidence: [] }];
  const at = new Date('2026-11-27T00:00:00Z');
  expect(tickTable('trial', 10, { at, findings, components: [component('cache', 1), component('queue', 0)] })).toEqual([
    'trial at 2026-11-27 08:00:00 +08, every 10 s; Ctrl-C ends',
    '',
    'STATE  CHECK    SEEN',
    'fail   RUN-001  1 of 2 do not',
    '',
    'STATE      COMPONENT  READY  RESTARTS  WHY',
    'not ready  queue      0/1    0         it ended',
    'ready      cache      1/1    0',
  ]);
});
