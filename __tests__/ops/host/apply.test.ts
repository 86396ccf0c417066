import { existsSync, promises as files, readdirSync, symlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { carryOut } from '../../../ops/src/host/change';
import { applyHost, planOf, revertHost } from '../../../ops/src/host/host';
import { HostRoot } from '../../../ops/src/host/host-root';
import { withHostLock } from '../../../ops/src/host/lock';
import { isEmpty, planLines } from '../../../ops/src/host/plan';
import { refuseContainer } from '../../../ops/src/host/throw-away';
import { ThrowAwayHost } from './throw-away-host';

const kernelFile = 'etc/sysctl.d/90-stock-analysis.conf';
const seconds = 120;

let host: ThrowAwayHost;
beforeEach(() => {
  host = new ThrowAwayHost();
});
afterEach(() => {
  jest.restoreAllMocks();
  host.remove();
});

const records = () => (existsSync(host.at('var/backups/stockops')) ? readdirSync(host.at('var/backups/stockops')) : []);

test('what is missing is set, in files of our own and in the running kernel', async () => {
  await applyHost(host.hosting, seconds);
  expect(host.contents()).toMatchObject({
    [kernelFile]: expect.stringMatching(/net\.core\.somaxconn = 65535\n[\s\S]*tcp_max_syn_backlog = 65535\n$/),
    'proc/sys/net/core/somaxconn': '65535\n',
    'etc/security/limits.d/90-stock-analysis.conf': expect.stringContaining('\n* soft nofile 65535\nroot soft nofile'),
    'etc/systemd/system/docker.service.d/90-stock-analysis.conf': expect.stringContaining('LimitNOFILE=65535:524288'),
    'etc/stock-analysis/firewall.nft': expect.stringContaining('tcp dport { 80, 443, 2222 } accept'),
    'etc/systemd/system/multi-user.target.wants/stock-analysis-firewall.service':
      '-> ../stock-analysis-firewall.service',
  });
});

test('what is higher already is lowered nowhere', async () => {
  await applyHost(host.hosting, seconds);
  expect(host.read(kernelFile)).not.toContain('file-max');
  expect(host.read('etc/security/limits.d/90-stock-analysis.conf')).not.toContain('hard');
  expect(existsSync(host.at('etc/systemd/system/containerd.service.d'))).toBe(false);
  expect(host.read('proc/sys/fs/file-max')).toBe('2466174\n');
});

test.each([
  ['in the file of somebody else', { 'etc/sysctl.d/99-ours.conf': 'net.core.somaxconn=131072\n' }],
  ['in sysctl.conf', { 'etc/sysctl.conf': 'net/core/somaxconn = 131072\n' }],
  ['in the running kernel', { 'proc/sys/net/core/somaxconn': '131072\n' }],
])('a higher value %s is left to whom it is', async (_where, changes) => {
  for (const [file, text] of Object.entries(changes)) host.write(file, text);
  await applyHost(host.hosting, seconds);
  expect(host.read(kernelFile)).not.toContain('somaxconn');
});

test('of a kernel that cannot be asked nothing is said: a value could lower what it has', async () => {
  await files.rm(host.at('proc'), { recursive: true });
  const { files: changes } = await planOf(host.hosting);
  expect(changes.map(({ path }) => path)).not.toContain(`/${kernelFile}`);
});

test('the second time nothing is changed, and nothing kept', async () => {
  await applyHost(host.hosting, seconds);
  const after = host.contents();
  const again = await applyHost(host.hosting, seconds);
  expect({ isEmpty: isEmpty(again.plan), record: again.record }).toEqual({ isEmpty: true, record: undefined });
  expect(host.contents()).toEqual(after);
  expect(records()).toHaveLength(1);
});

test('taken back, all is as it was before', async () => {
  const before = host.contents();
  await applyHost(host.hosting, seconds);
  await revertHost(host.hosting, undefined);
  expect(host.contents()).toEqual(before);
  await expect(revertHost(host.hosting, undefined)).rejects.toThrow('there is nothing to take back');
});

test('an older apply is taken back with all after it', async () => {
  const before = host.contents();
  const first = await applyHost(host.hosting, seconds);
  host.write('etc/ssh/sshd_config', 'Port 2200\n');
  await applyHost(host.hosting, seconds);
  const reverted = await revertHost(host.hosting, first.record?.id);
  expect(reverted).toHaveLength(2);
  expect(host.contents()).toEqual({ ...before, 'etc/ssh/sshd_config': 'Port 2200\n' });
});

test('only looking writes nothing, and says each change as a diff', async () => {
  const before = host.contents();
  const lines = planLines(await planOf(host.hosting));
  expect(host.contents()).toEqual(before);
  expect(records()).toEqual([]);
  expect(lines).toEqual(
    expect.arrayContaining([
      `+++ /${kernelFile}`,
      '+net.core.somaxconn = 65535',
      'running kernel: net.core.somaxconn 4096 -> 65535',
    ]),
  );
});

test.each([
  ['a link', () => symlinkSync('/dev/null', host.at(kernelFile)), 'is a symbolic link to /dev/null'],
  ['a file that somebody else made', () => host.write(kernelFile, 'vm.swappiness = 1\n'), 'somebody else made it'],
  [
    'a folder that is a link',
    () => {
      host.write('elsewhere/x', '');
      symlinkSync('../elsewhere', host.at('etc/security'));
    },
    'is a symbolic link; stockops writes through none',
  ],
  ['a folder', () => host.write(`${kernelFile}/x`, ''), 'is neither a file nor a link'],
])('%s under our name is refused, and nothing changed', async (_what, put, reason) => {
  put();
  const before = host.contents();
  await expect(applyHost(host.hosting, seconds)).rejects.toThrow(reason);
  expect(host.contents()).toEqual(before);
  expect(records()).toEqual([]);
});

test('a file of ours that belongs to another user is refused', async () => {
  await applyHost(host.hosting, seconds);
  jest.spyOn(process, 'getuid').mockReturnValue(4711);
  await expect(applyHost(host.hosting, seconds)).rejects.toThrow('not to user 4711; somebody else made it');
});

test('what somebody changed since is not taken back over them', async () => {
  const { record } = await applyHost(host.hosting, seconds);
  host.write(kernelFile, `${host.read(kernelFile)}vm.swappiness = 1\n`);
  const before = host.contents();
  await expect(revertHost(host.hosting, undefined)).rejects.toThrow(`was changed since ${record?.id}`);
  expect(host.contents()).toEqual(before);
});

test('what somebody changed since an older apply keeps the newer from being taken back too', async () => {
  const first = await applyHost(host.hosting, seconds);
  host.write('etc/ssh/sshd_config', 'Port 2200\n');
  await applyHost(host.hosting, seconds);
  host.write(kernelFile, `${host.read(kernelFile)}vm.swappiness = 1\n`);
  const before = host.contents();
  await expect(revertHost(host.hosting, first.record?.id)).rejects.toThrow('nothing was taken back');
  expect(host.contents()).toEqual(before);
});

const takesName = ([from]: [unknown, ...unknown[]]) => String(from).endsWith('.stockops');

test.each([1, 3, 6])('where the disk is full at file %i, everything is as it was', async (wanted) => {
  const before = host.contents();
  const rename = files.rename;
  let count = 0;
  jest.spyOn(files, 'rename').mockImplementation(async (...names) => {
    count += takesName(names) ? 1 : 0;
    if (takesName(names) && count === wanted)
      throw Object.assign(new Error('full'), { code: 'ENOSPC', path: String(names[1]) });
    return rename(...names);
  });
  await expect(applyHost(host.hosting, seconds)).rejects.toThrow(
    'its file system is full: make room; nothing was changed',
  );
  expect(host.contents()).toEqual(before);
  expect(records()).toEqual([]);
});

test.each([1, 3, 6])(
  'what was killed at file %i is taken back by the next, which then does it whole',
  async (wanted) => {
    const before = host.contents();
    const plan = await planOf(host.hosting);
    const rename = files.rename;
    let count = 0;
    let isKilled = false;
    const spy = jest.spyOn(files, 'rename').mockImplementation(async (...names) => {
      count += takesName(names) ? 1 : 0;
      if (!takesName(names) || count < wanted) return rename(...names);
      // As a process that was killed, it comes to no end.
      isKilled = true;
      return new Promise(() => undefined);
    });
    void carryOut(host.root, plan, new Date('2026-01-01T00:00:00Z'));
    while (!isKilled) await sleep(5);
    spy.mockRestore();
    expect(host.contents()).not.toEqual(before);

    const { unfinished } = await applyHost(host.hosting, seconds);
    expect(unfinished).toEqual([expect.stringMatching(/^20260101T000000Z-/)]);
    expect(host.contents()['etc/stock-analysis/firewall.nft']).toBeDefined();
    await revertHost(host.hosting, undefined);
    expect(host.contents()).toEqual(before);
  },
);

test('while one changes a host, another is refused', async () => {
  await withHostLock(host.root, async () => {
    await expect(applyHost(host.hosting, seconds)).rejects.toThrow('another `stockops host` is changing this host');
  });
  await applyHost(host.hosting, seconds);
});

test('a container is refused, unless another root is named', async () => {
  host.write('.dockerenv', '');
  await refuseContainer(host.root);
  class Inside extends HostRoot {
    override get isLive() {
      return true;
    }
  }
  await expect(refuseContainer(new Inside(host.folder))).rejects.toThrow('this is a container (/.dockerenv)');
});
