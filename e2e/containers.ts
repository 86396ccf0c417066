import assert from 'node:assert/strict';
import { run } from './terraform';
import { until } from './until';

/** A container, as far as it is read here. */
export interface Container {
  readonly Name: string;
  readonly HostConfig: { readonly RestartPolicy: { readonly Name: string } };
  readonly State: {
    readonly Status: string;
    readonly StartedAt: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
  readonly NetworkSettings: { readonly Ports: Readonly<Record<string, Array<{ HostIp: string }> | null>> };
}

export const docker = (...words: string[]): string => run('docker', words);

/** Ids of what is deployed on this machine's engine. @param listing such as `ps -a` or `volume ls` */
export const ours = (...listing: string[]): string[] =>
  docker(...listing, '-q', '--filter', 'label=app.kubernetes.io/part-of=stock-analysis')
    .split('\n')
    .filter((id) => id !== '');

export const containers = (): Container[] => JSON.parse(docker('inspect', ...ours('ps', '-a')));

/** Those that are started again when they end. Others prepare them, or hold their files and never run. */
export const staying = (): Container[] =>
  containers().filter(({ HostConfig }) => HostConfig.RestartPolicy.Name === 'unless-stopped');

const isWell = ({ HostConfig, State: { Status, ExitCode, Health } }: Container): boolean =>
  HostConfig.RestartPolicy.Name === 'unless-stopped'
    ? Status === 'running' && (Health?.Status ?? 'healthy') === 'healthy'
    : ExitCode === 0;

/** What stays runs, and is healthy where it can be asked; what ends has ended well. Fails after so long. */
export async function requireWell(seconds: number): Promise<void> {
  const unwell = () =>
    containers()
      .filter((each) => !isWell(each))
      .map(({ Name, State }) => `${Name} ${JSON.stringify(State)}`);
  const began = performance.now();
  assert.ok(await until(seconds, async () => unwell().length === 0, 1_000), `not well: ${unwell().join('\n')}`);
  const took = ((performance.now() - began) / 1000).toFixed(1);
  console.error(`${staying().length} containers run, and are healthy where they can be asked ... ${took} s`);
}
