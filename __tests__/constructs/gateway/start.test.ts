import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = readFileSync(join(__dirname, '../../../constructs/gateway/start.sh'), 'utf8');

/** What is written for Nginx where the system's resolver is configured so, and how Nginx is then started. */
function started(system: string, hasIpv6 = true): { resolver: string; config: string; command: string } {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  try {
    writeFileSync(join(folder, 'resolv.conf'), system);
    writeFileSync(join(folder, 'nginx'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    mkdirSync(join(folder, 'tmp'));
    writeFileSync(
      join(folder, 'nginx.conf'),
      'listen 8080;\nlisten [::]:8080;\nserver api.x.svc$cluster_domain:8000; set $page kibana$cluster_domain;',
    );
    const here = script
      .replaceAll('/tmp/', `${folder}/tmp/`)
      .replace('/etc/resolv.conf', `${folder}/resolv.conf`)
      .replace('/proc/net/if_inet6', hasIpv6 ? folder : `${folder}/nowhere`);
    writeFileSync(join(folder, 'start.sh'), here);
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const command = execFileSync('sh', [join(folder, 'start.sh')], { env, encoding: 'utf8' }).replace(folder, '');
    const written = (name: string) => readFileSync(join(folder, 'tmp', name), 'utf8');
    return { resolver: written('resolver.conf'), config: written('nginx.conf'), command };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('in a cluster it asks the cluster, whose domain the search list tells', () => {
  const { resolver, config } = started(
    'search shop.svc.cluster.local svc.cluster.local cluster.local lan\nnameserver 10.96.0.10\noptions ndots:5\n',
  );
  expect(resolver).toBe('resolver 10.96.0.10 valid=10s;\nresolver_timeout 2s;\n');
  expect(config).toContain('server api.x.svc.cluster.local:8000; set $page kibana.cluster.local;');
});

test('on an engine names have no domain', () => {
  const { resolver, config } = started('nameserver 127.0.0.11\nsearch lan\noptions ndots:0\n');
  expect(resolver).toBe('resolver 127.0.0.11 valid=10s;\nresolver_timeout 2s;\n');
  expect(config).toContain('server api.x.svc:8000; set $page kibana;');
});

test('of several it asks each, those of IPv6 in brackets and none that is known on one network alone', () => {
  const { resolver } = started('nameserver 10.0.0.1\nnameserver fd00::a\nnameserver fe80::1%eth0\n');
  expect(resolver).toContain('resolver 10.0.0.1 [fd00::a] valid=10s;');
});

test('where the kernel has no IPv6, Nginx is given no address of it', () => {
  expect(started('nameserver 10.0.0.1\n').config).toContain('listen 8080;\nlisten [::]:8080;\n');
  const { config } = started('nameserver 10.0.0.1\n', false);
  expect(config).toContain('listen 8080;\nserver ');
});

test('Nginx takes the place of the shell, with what was written', () => {
  expect(started('nameserver 10.0.0.1\n').command).toBe('-e /dev/stderr -c /tmp/nginx.conf -g daemon off;\n');
});
