import assert from 'node:assert/strict';
import { chownSync, symlinkSync, unlinkSync } from 'node:fs';
import { assertSame, run, type ThrowAwaySystem } from './throw-away-system';

export interface Case {
  title: string;
  try: (system: ThrowAwaySystem) => Promise<void> | void;
}

const kernelFile = 'etc/sysctl.d/90-stock-analysis.conf';
const files = 6;

/** What is refused or fails leaves everything as it was. */
async function leavesNothing(system: ThrowAwaySystem, work: () => Promise<void> | void): Promise<void> {
  const before = system.listing();
  await work();
  assertSame(system.listing(), before);
  assert.deepEqual(system.records, []);
}

export const fileCases: readonly Case[] = [
  {
    title: 'dry run: a diff, and nothing is written',
    try: (system) =>
      leavesNothing(system, () => {
        assert.match(system.hostWell('apply', '--dry-run'), /\+net\.core\.somaxconn = 65535/);
      }),
  },
  {
    title: 'apply, apply again, revert: the second changes nothing, and the third leaves no difference',
    try: (system) => {
      const before = system.listing();
      const first = system.hostWell('apply');
      assert.match(first, /running kernel: net\.core\.somaxconn 4096 -> 65535/);
      assert.doesNotMatch(system.read(kernelFile), /file-max/);
      assert.equal(system.read('proc/sys/net/core/somaxconn'), '65535\n');
      const applied = system.listing();
      assert.equal(system.hostWell('apply'), 'nothing was to be changed\n');
      assertSame(system.listing(), applied);
      assert.equal(system.records.length, 1);
      const findings = JSON.parse(system.host('check', '--json').stdout).findings;
      for (const id of ['MACHINE-001', 'MACHINE-002', 'MACHINE-003', 'MACHINE-004', 'MACHINE-005'])
        assert.equal(findings.find((each: { id: string }) => each.id === id).state, 'ok', id);
      system.hostWell('revert');
      assertSame(system.listing(), before);
    },
  },
  ...Array.from({ length: files }, (_, index) => ({
    title: `killed (kill -9) at file ${index + 1} of ${files}: the next takes it back and does it whole`,
    try: async (system: ThrowAwaySystem) => {
      const before = system.listing();
      const { signal } = await system.hostBeside(['apply'], index + 1);
      assert.equal(signal, 'SIGKILL');
      assert.throws(() => assertSame(system.listing(), before));
      assert.match(system.hostWell('apply'), /taken back first what was half-done/);
      assert.equal(system.hostWell('apply'), 'nothing was to be changed\n');
      system.hostWell('revert');
      assertSame(system.listing(), before);
    },
  })),
  {
    title: 'killed, then revert: nothing is left',
    try: async (system) => {
      const before = system.listing();
      await system.hostBeside(['apply'], 3);
      system.hostWell('revert');
      assertSame(system.listing(), before);
      assert.deepEqual(system.records, []);
    },
  },
  {
    title: 'four at once: one does it, and the others are refused or find it done',
    try: async (system) => {
      const before = system.listing();
      const ended = await Promise.all([1, 2, 3, 4].map(() => system.hostBeside(['apply'])));
      assert.ok(ended.some(({ status }) => status === 0));
      assert.ok(ended.every(({ status }) => status === 0 || status === 1));
      assert.equal(system.records.length, 1);
      assert.equal(system.hostWell('apply'), 'nothing was to be changed\n');
      system.hostWell('revert');
      assertSame(system.listing(), before);
    },
  },
  {
    title: 'a read-only /etc',
    try: (system) =>
      leavesNothing(system, () =>
        system.mounted('etc', ['--bind', system.at('etc')], async () => {
          run('mount', '-o', 'remount,bind,ro', system.at('etc'));
          system.hostRefused(/read-only: mount it for writing; nothing was changed/, 'apply');
        }),
      ),
  },
  {
    title: 'a full /etc',
    try: (system) =>
      leavesNothing(system, () =>
        system.mounted('etc', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs'], async () => {
          run('mkdir', '-p', system.at('etc/ssh'), system.at('etc/sysctl.d'));
          system.write('etc/ssh/sshd_config', 'Port 2222\n');
          // Room for one page more: the first of the files is written, the next is not.
          run('sh', '-c', `head -c 8192 /dev/zero >'${system.at('etc/filler')}'`);
          const before = system.listing();
          system.hostRefused(/is full: make room; nothing was changed/, 'apply');
          assertSame(system.listing(), before);
        }),
      ),
  },
  {
    title: 'no room for what was before',
    try: (system) =>
      leavesNothing(system, () =>
        system.mounted('var/backups', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs'], async () => {
          system.hostRefused(/is full: make room; nothing was changed/, 'apply');
          assert.deepEqual(system.records, []);
        }),
      ),
  },
  {
    title: 'a link under our name',
    try: (system) => {
      symlinkSync('/dev/null', system.at(kernelFile));
      system.hostRefused(/is a symbolic link to \/dev\/null/, 'apply');
      unlinkSync(system.at(kernelFile));
      assert.deepEqual(system.records, []);
    },
  },
  {
    title: 'a file of another user under our name',
    try: (system) => {
      system.hostWell('apply');
      chownSync(system.at(kernelFile), 4711, 4711);
      system.hostRefused(/belongs to user 4711/, 'apply');
      chownSync(system.at(kernelFile), 0, 0);
      system.hostWell('revert');
    },
  },
];
