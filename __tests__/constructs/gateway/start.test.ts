import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = readFileSync(join(__dirname, '../../../constructs/gateway/start.sh'), 'utf8');

/** What is written for Nginx where the system's resolver is configured so, and how Nginx is then started. */
function started(system: string): { resolver: string; command: string } {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  try {
    writeFileSync(join(folder, 'resolv.conf'), system);
    writeFileSync(join(folder, 'nginx'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const here = script.replace('/etc/resolv.conf', `${folder}/resolv.conf`).replace(' >/tmp/', ` >${folder}/`);
    writeFileSync(join(folder, 'start.sh'), here);
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const command = execFileSync('sh', [join(folder, 'start.sh')], { env, encoding: 'utf8' }).replace(folder, '');
    return { resolver: readFileSync(join(folder, 'resolver.conf'), 'utf8'), command };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('in a cluster it asks the cluster, whose domain the search list tells', () => {
  const { resolver } = started(
    'search shop.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n',
  );
  expect(resolver).toBe(
    'resolver 10.96.0.10 valid=10s;\nresolver_timeout 2s;\nmap $host $cluster_domain { default ".cluster.local"; }\n',
  );
});

test('on an engine names have no domain', () => {
  const { resolver } = started('nameserver 127.0.0.11\nsearch lan\noptions ndots:0\n');
  expect(resolver).toBe(
    'resolver 127.0.0.11 valid=10s;\nresolver_timeout 2s;\nmap $host $cluster_domain { default ""; }\n',
  );
});

test('of several it asks each, those of IPv6 in brackets and none that is known on one network alone', () => {
  const { resolver } = started('nameserver 10.0.0.1\nnameserver fd00::a\nnameserver fe80::1%eth0\n');
  expect(resolver).toContain('resolver 10.0.0.1 [fd00::a] valid=10s;');
});

test('Nginx takes the place of the shell, with the configuration beside it', () => {
  expect(started('nameserver 10.0.0.1\n').command).toBe('-e /dev/stderr -c /nginx.conf -g daemon off;\n');
});
