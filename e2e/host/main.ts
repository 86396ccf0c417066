import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runWithCleanup } from '../run-with-cleanup';
import { type Case, fileCases } from './file-cases';
import { firewallCases, makeNetworks } from './firewall-cases';
import { run, ThrowAwaySystem } from './throw-away-system';

const { values: options } = parseArgs({ options: { from: { type: 'string' } } });

/** The units of a host, as systemd itself reads them. */
const unitCase: Case = {
  title: 'systemd finds nothing wrong with any unit',
  try: (system) => {
    const folder = '/etc/systemd/verified';
    for (const program of ['usr/bin/certbot', 'usr/bin/aide']) {
      if (!system.has(program)) system.write(program, '#!/bin/sh\n');
      run('chmod', '755', system.at(program));
    }
    system.hostWell('apply');
    run(process.execPath, '--import', 'tsx', 'ops/src/stockops.ts', 'host', 'units', '--write', system.at(folder));
    const verify = `systemd-analyze verify ${folder}/*.service ${folder}/*.timer /etc/systemd/system/stock-analysis-firewall.service 2>&1`;
    // Every word of it is a complaint.
    assert.equal(run('chroot', system.folder, 'sh', '-c', `mkdir -p /opt/stock-analysis; ${verify}`), '');
    system.hostWell('revert');
  },
};

/** `stockops host` on a whole Debian in a folder: apply and revert, ten things in its way, packets, units. Run by root. */
runWithCleanup(async (cleanup) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stockops-host-'));
  cleanup.addFolder(folder);
  const began = performance.now();
  const system = ThrowAwaySystem.make(path.join(folder, 'root'), options.from);
  process.stderr.write(`a Debian is in ${system.folder} ... ${seconds(began)}\n`);
  await makeNetworks(cleanup);
  const cases = [...fileCases, ...firewallCases, unitCase];
  for (const each of cases) {
    const started = performance.now();
    await each.try(system);
    system.forget();
    process.stderr.write(`ok  ${each.title} ... ${seconds(started)}\n`);
  }
  process.stderr.write(`${cases.length} of ${cases.length}\n`);
});

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
