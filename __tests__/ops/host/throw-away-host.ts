import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostRoot } from '../../../ops/src/host/host-root';

/** What a host of Debian with Docker has of all that is looked at. */
const files: Readonly<Record<string, string>> = {
  'proc/sys/net/core/somaxconn': '4096\n',
  'proc/sys/net/ipv4/tcp_max_syn_backlog': '1024\n',
  'proc/sys/fs/file-max': '2466174\n',
  'proc/1/limits':
    'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n',
  'usr/lib/systemd/system/docker.service': '[Service]\nExecStart=/usr/bin/dockerd\n',
  'usr/lib/systemd/system/containerd.service': '[Service]\nLimitNOFILE=infinity\n',
  'etc/sysctl.d/10-network.conf': 'net.ipv4.ip_forward = 1\n',
  'etc/ssh/sshd_config': '#Port 22\nPort 2222\n',
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
};

/** The root folder of a host, as files. */
export class ThrowAwayHost {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'stockops-host-'));
  readonly root = new HostRoot(this.folder);
  readonly hosting = { root: this.root, hasFirewall: true };

  constructor(changes: Readonly<Record<string, string>> = {}) {
    for (const [file, text] of Object.entries({ ...files, ...changes })) this.write(file, text);
  }

  write(file: string, text: string): void {
    mkdirSync(path.dirname(this.at(file)), { recursive: true });
    writeFileSync(this.at(file), text);
  }

  read(file: string): string {
    return readFileSync(this.at(file), 'utf8');
  }

  at(file: string): string {
    return path.join(this.folder, file);
  }

  /** Every file, link and folder with what is in it, but for what is kept of before. */
  contents(): Record<string, string> {
    const names = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).sort();
    return Object.fromEntries(
      names.filter((name) => !/^var(\/|$)/.test(name)).map((name) => [name, contentOf(this.at(name))]),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function contentOf(file: string): string {
  const facts = lstatSync(file);
  if (facts.isDirectory()) return 'folder';
  return facts.isSymbolicLink() ? `-> ${readlinkSync(file)}` : readFileSync(file, 'utf8');
}
