import { type Container, type DockerPlace, inspected, isServing } from '../place/docker-place';
import { resourcesOf } from '../place/synthesized';
import { runTool } from '../place/tool';
import { type Component, type Found, notThere } from './component';

/** Containers that stay, and how they are. Those that end by themselves prepare others. */
export async function dockerComponents({ stacks }: DockerPlace, signal?: AbortSignal): Promise<Component[]> {
  const described = resourcesOf(stacks, 'docker_container').filter(({ resource }) => resource.restart !== 'no');
  const found = await inspected(
    described.map(({ resource }) => resource.name),
    signal,
  );
  const nameOf = await imageNames([...found.values()], signal);
  return described.map(({ stack, name, resource }) => ({
    name,
    stack: stack.name,
    kind: 'container',
    ...stateOf(found.get(resource.name), nameOf),
  }));
}

/** What docker tells of an image, as far as it is read here. */
interface Image {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
}

type ImageNames = (image: string) => string;

/** Containers are described by what their image is; people know it by what it is called. */
async function imageNames(containers: readonly Container[], signal?: AbortSignal): Promise<ImageNames> {
  const ids = [...new Set(containers.map(({ Config: { Image: image } }) => image))].filter((each) => isId.test(each));
  if (ids.length === 0) return (image) => image;
  // Of those that are gone it says so, and tells of the others.
  const { output } = await runTool('docker', ['image', 'inspect', ...ids], { signal });
  const images: Image[] = JSON.parse(output || '[]');
  const names = new Map(
    images.map(({ Id, RepoTags, RepoDigests }) => [Id, [...(RepoTags ?? []), ...(RepoDigests ?? [])][0]]),
  );
  return (image) => names.get(image) ?? image.replace(isId, '$<start>');
}

/** What docker itself shows of it is its start. */
const isId = /^sha256:(?<start>[0-9a-f]{12})[0-9a-f]{52}$/;

function stateOf(container: Container | undefined, nameOf: ImageNames): Found {
  if (!container) return notThere('there is no container');
  const { State: state, Config: config, RestartCount: restarts } = container;
  // Who stops it wants none of it; what dies is started again by the engine.
  const isStopped = state.Status === 'exited' || state.Status === 'created';
  const finished = new Date(state.FinishedAt);
  const ready = isServing(container) ? 1 : 0;
  return {
    wanted: isStopped ? 0 : 1,
    ready,
    // A container is replaced, so that none of before serves.
    serving: ready,
    image: nameOf(config.Image),
    restarts,
    endedAt: restarts > 0 && finished.getTime() > 0 ? finished : undefined,
    fault: ready ? undefined : faultOf(container),
  };
}

function faultOf({ Name: name, State: state }: Container): string {
  if (state.OOMKilled) return 'it was killed: out of memory';
  if (state.Status === 'paused') return `somebody paused it: docker unpause ${name.replace(/^\//, '')}`;
  if (state.Error) return state.Error;
  const asked = state.Health?.Log?.at(-1)?.Output.trim();
  if (state.Status === 'running') return `${state.Health?.Status}${asked ? `: ${asked}` : ''}`;
  return `${state.Status}, exit code ${state.ExitCode}`;
}
