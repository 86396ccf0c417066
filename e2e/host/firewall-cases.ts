import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../../bench/child';
import type { Case } from './file-cases';
import { assertSame, run, type ThrowAwaySystem } from './throw-away-system';

// Three networks: outside, the host, and a container behind it whose ports are published as Docker does it, by a translation of addresses.

const [outside, host, container] = ['stockops-outside', 'stockops-host', 'stockops-inside'];
const address = { host: '10.77.0.1', outside: '10.77.0.2', bridge: '172.30.0.1', container: '172.30.0.2' };

/** Ports that somebody listens on in the host, and published ones, by that of the container. */
const own = [2222, 9100];
const published = { 80: 8080, 443: 8443, 8000: 8000 } as const;
const all = [...own, ...Object.keys(published).map(Number)].sort((a, b) => a - b);
const wanted = [80, 443, 2222];

const inside = (namespace: string, ...words: string[]) => run('ip', 'netns', 'exec', namespace, ...words);

const listener = `for (const port of process.argv.slice(1)) require('node:net').createServer((s) => s.end('x')).listen(port, '0.0.0.0');`;
const caller = `Promise.all(process.argv.slice(2).map((port) => new Promise((done) => {
  const s = require('node:net').connect(port, process.argv[1]);
  s.setTimeout(700, () => { s.destroy(); done(); });
  s.on('error', () => done()).on('data', () => { s.destroy(); done(port); });
}))).then((open) => console.log(JSON.stringify(open.filter(Boolean).map(Number))));`;

/** Makes the networks, and takes them away at the end. */
export async function makeNetworks(cleanup: Cleanup): Promise<void> {
  for (const name of [outside, host, container]) {
    run('ip', 'netns', 'add', name);
    cleanup.add(async () => run('ip', 'netns', 'delete', name));
    inside(name, 'ip', 'link', 'set', 'lo', 'up');
  }
  connect([outside, 'eth0', address.outside], [host, 'eth0', address.host]);
  connect([host, 'docker0', address.bridge], [container, 'eth0', address.container]);
  inside(outside, 'ip', 'route', 'add', 'default', 'via', address.host);
  inside(container, 'ip', 'route', 'add', 'default', 'via', address.bridge);
  inside(host, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward');
  inside(host, 'nft', 'add', 'table', 'ip', 'docker_nat');
  inside(host, 'nft', 'add chain ip docker_nat prerouting { type nat hook prerouting priority dstnat; }');
  for (const [port, to] of Object.entries(published)) {
    inside(
      host,
      'nft',
      `add rule ip docker_nat prerouting iifname "eth0" tcp dport ${port} dnat to ${address.container}:${to}`,
    );
  }
  const children = [listen(host, own), listen(container, Object.values(published))];
  for (const child of children) {
    cleanup.add(async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    });
  }
}

function connect([a, aName, aAddress]: string[], [b, bName, bAddress]: string[]): void {
  run(
    'ip',
    'link',
    'add',
    aName as string,
    'netns',
    a as string,
    'type',
    'veth',
    'peer',
    'name',
    bName as string,
    'netns',
    b as string,
  );
  for (const [namespace, name, own] of [
    [a, aName, aAddress],
    [b, bName, bAddress],
  ] as [string, string, string][]) {
    inside(namespace, 'ip', 'address', 'add', `${own}/24`, 'dev', name);
    inside(namespace, 'ip', 'link', 'set', name, 'up');
  }
}

const listen = (namespace: string, ports: readonly number[]): ChildProcess =>
  spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', listener, ...ports.map(String)], {
    stdio: 'ignore',
  });

/** The ports that are open to somebody outside. */
function open(): number[] {
  return JSON.parse(inside(outside, process.execPath, '-e', caller, address.host, ...all.map(String))).sort(
    (a: number, b: number) => a - b,
  );
}

const withFirewall = ['--network-namespace', host];

const isLoaded = (): boolean =>
  spawnSync('ip', ['netns', 'exec', host, 'nft', 'list', 'table', 'inet', 'stock_analysis']).status === 0;

/** The folder of what was on trial is gone with the system's next start. */
const withoutTrials = (listing: readonly string[]) => listing.filter((line) => !line.startsWith('run/stockops '));

export const firewallCases: readonly Case[] = [
  {
    title: 'before, everything is open, what Docker publishes too',
    try: async () => {
      for (let waited = 0; waited < 50 && open().length < all.length; waited += 1) await sleep(100);
      assert.deepEqual(open(), all);
    },
  },
  {
    title: 'rules that nobody confirms are gone after their time, and nothing of them is in /etc',
    try: async (system) => {
      const out = system.hostWell('apply', ...withFirewall, '--confirm-within', '8');
      assert.match(out, /on trial until/);
      assert.deepEqual(open(), wanted);
      assert.equal(system.has('etc/stock-analysis'), false);
      await sleep(8_500);
      assert.deepEqual([isLoaded(), open()], [false, all]);
      system.hostRefused(/no rules of the firewall wait to be confirmed/, 'confirm', ...withFirewall);
      system.hostWell('revert', ...withFirewall);
    },
  },
  {
    title: 'rules that are confirmed stay, let 22, 80 and 443 in and never 8000, and a second apply changes nothing',
    try: async (system: ThrowAwaySystem) => {
      const before = system.listing();
      system.hostWell('apply', ...withFirewall, '--confirm-within', '8');
      system.hostWell('confirm', ...withFirewall);
      await sleep(8_500);
      assert.deepEqual(open(), wanted);
      assert.equal(system.hostWell('apply', ...withFirewall), 'nothing was to be changed\n');
      system.hostWell('revert', ...withFirewall);
      assert.deepEqual([isLoaded(), open()], [false, all]);
      system.hostWell('revert', ...withFirewall);
      assertSame(withoutTrials(system.listing()), withoutTrials(before));
    },
  },
];
