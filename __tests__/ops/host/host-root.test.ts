import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { CannotTell } from '../../../ops/src/failures';
import { HostRoot } from '../../../ops/src/host/host-root';
import { ThrowAwayHost } from './throw-away-host';

const host = new ThrowAwayHost();
afterAll(() => host.remove());

test('what is not the root folder of a system is refused, and is not made', async () => {
  await expect(host.root.requireSystem()).resolves.toBeUndefined();
  for (const folder of ['nowhere', 'proc', 'etc/passwd']) {
    const message = `${host.at(folder)} is no root folder of a system: it has no folder etc`;
    await expect(new HostRoot(host.at(folder)).requireSystem()).rejects.toThrow(message);
  }
});

test('a pipe and a folder are read as nothing, without waiting for anybody', async () => {
  execFileSync('mkfifo', [host.at('etc/pipe.conf')]);
  mkdirSync(host.at('etc/folder.conf'));
  for (const name of ['pipe', 'folder', 'missing']) expect(await host.root.read(`/etc/${name}.conf`)).toBeUndefined();
});

test('what may not be read is not taken for nothing', async () => {
  chmodSync(host.at('etc/ssh'), 0);
  // Root may read everything: another user asks in its place.
  const asks = process.geteuid?.() === 0 ? asNobody : (work: () => Promise<unknown>) => work();
  await expect(asks(() => host.root.names('/etc/ssh'))).rejects.toThrow(CannotTell);
  await expect(asks(() => host.root.read('/etc/ssh/sshd_config'))).rejects.toThrow('run it as root');
  chmodSync(host.at('etc/ssh'), 0o755);
});

async function asNobody(work: () => Promise<unknown>): Promise<unknown> {
  chmodSync(host.folder, 0o755);
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
