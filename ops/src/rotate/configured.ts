import { Refusal } from '../failures';
import { fileOf, type Resource, type SynthesizedStack } from '../place/synthesized';
import type { RotatedSecret } from './rotated-secrets';

/** What an environment is configured with, as its copies carry it. @throws Refusal where none are made */
export function configurationIn(stacks: readonly SynthesizedStack[]): Resource {
  const text = fileOf(stacks, 'environment.json');
  if (text !== undefined) return JSON.parse(text);
  throw new Refusal(
    'this environment has no stack "backup", whose copy of its configuration is read; raise a revision by hand there: docs/rotation.md',
  );
}

/** How often a secret was made. */
export const revisionIn = (configuration: Resource, { setting }: RotatedSecret): number =>
  setting.reduce((within, key) => within[key], configuration);

/** The same configuration with another revision of a secret. */
export function withRevision(configuration: Resource, { setting }: RotatedSecret, revision: number): Resource {
  const changed = JSON.parse(JSON.stringify(configuration));
  const last = setting.length - 1;
  const within = setting.slice(0, last).reduce((above, key) => above[key], changed);
  within[setting[last] as string] = revision;
  return changed;
}

/** Why a secret is not made anew here; undefined where it is. */
export function whyNotHere(configuration: Resource, { checker, server }: RotatedSecret): string | undefined {
  if (checker === 'api') return undefined;
  if (checker === 'page') {
    const { webInterfaces, grafana } = configuration.observability ?? {};
    if (webInterfaces && (server !== 'grafana' || grafana)) return undefined;
    return 'no web interface with this login is shown through the gateway here';
  }
  const { topology } = configuration[server];
  if (topology === 'bundled') return undefined;
  return `${server} is not run here (${topology}): whoever runs it changes its passwords first; docs/rotation.md says how it is told here`;
}

/** A server of ours whose memory outlives this program, where the environment has one. */
export const serverWithMemory = (configuration: Resource): string | undefined =>
  ['postgres', 'queue', 'cache'].find((server) => configuration[server].topology === 'bundled');
