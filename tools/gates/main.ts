import '../../config/report-errors';

import { goTool } from '../../__tests__/alerts/go-tool';
import { environments } from '../../config/environments';
import { kubernetesVersions } from '../../config/versions';
import { estates } from '../../examples/estates/environments';
import { environmentsBesideOthers } from '../../examples/existing/environments';
import { checkovGate } from './checkov-gate';
import { exceptions } from './decided';
import { judged } from './exceptions';
import { type Fault, withFaults } from './faults';
import type { Finding, Gate } from './finding';
import { faults, faultyEnvironment } from './known-faults';
import { kubeScoreGate } from './kube-score-gate';
import { platformGate } from './platform-gate';
import { PythonTools } from './python-tools';
import { type Rendered, render } from './rendered';
import { schemaGate } from './schema-gate';

/**
 * Has every gate judge the manifests of every environment, ours and the examples', and a copy of one with a fault for each
 * of them to find. Fails for what is found and not decided, for a decision that covers nothing, and for a fault that is missed.
 */
async function main(): Promise<void> {
  const python = PythonTools.installed();
  const versions = kubernetesVersions.map((version) => ({ version, schemas: python.schemas(version) }));
  const newest = versions.at(-1)?.schemas as (typeof versions)[number]['schemas'];
  const gates: Gate[] = [
    ...versions.map(({ version, schemas }) => schemaGate(version, schemas)),
    kubeScoreGate(goTool('kube-score')),
    checkovGate(python),
    platformGate,
  ];
  const clusters = [...environments, ...estates, ...environmentsBesideOthers]
    .filter(({ target }) => target === 'kubernetes')
    .map((config) => render(config, newest));
  const sound = clusters.find(({ config }) => config.name === faultyEnvironment) as Rendered;
  const faulty = {
    config: { ...sound.config, name: `${faultyEnvironment} with faults` },
    manifests: withFaults(sound.manifests, faults),
  };

  const all: Finding[] = [];
  for (const gate of gates) all.push(...(await gate([...clusters, faulty])));
  const findings = all.filter(({ environment }) => environment !== faulty.config.name);
  const { open, idle } = judged(
    findings,
    exceptions,
    new Map(clusters.map(({ config }) => [config.name, config.tier])),
  );
  const missed = faults.filter((fault) => !isCaught(fault, all, faulty.config.name));
  for (const { environment, object, rule, text } of open) console.log(`${environment}: ${object}: ${rule}: ${text}`);
  for (const line of idle) console.log(`an exception covers nothing any more: ${line}`);
  for (const { rule, object } of missed) console.log(`a fault was not caught: ${rule} in ${object}`);
  console.log(
    `${clusters.length} environments, ${gates.length} gates: ${open.length} findings, ${findings.length - open.length} by decision, ` +
      `${idle.length} decisions without use, ${faults.length - missed.length} of ${faults.length} faults caught`,
  );
  if (open.length + idle.length + missed.length > 0) process.exitCode = 1;
}

/** Found in the copy with the faults, and not in the original, where it would be found without the fault. */
function isCaught({ rule, object, foundIn = object }: Fault, findings: readonly Finding[], faulty: string): boolean {
  const found = findings.filter((each) => each.rule === rule && each.object === foundIn);
  const names = found.map(({ environment }) => environment);
  return names.includes(faulty) && !names.includes(faultyEnvironment);
}

void main();
