import { type Container, type DockerPlace, inspected, isServing } from '../place/docker-place';
import { resourcesOf } from '../place/synthesized';
import { type Component, type Found, notThere } from './component';

/** Containers that stay, and how they are. Those that end by themselves prepare others. */
export async function dockerComponents({ stacks }: DockerPlace, signal?: AbortSignal): Promise<Component[]> {
  const described = resourcesOf(stacks, 'docker_container').filter(({ resource }) => resource.restart !== 'no');
  const found = await inspected(
    described.map(({ resource }) => resource.name),
    signal,
  );
  return described.map(({ stack, name, resource }) => ({
    name,
    stack: stack.name,
    kind: 'container',
    ...stateOf(found.get(resource.name)),
  }));
}

function stateOf(container: Container | undefined): Found {
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
    image: config.Image,
    restarts,
    endedAt: restarts > 0 && finished.getTime() > 0 ? finished : undefined,
    fault: ready ? undefined : faultOf(container),
  };
}

function faultOf({ State: state }: Container): string {
  if (state.OOMKilled) return 'it was killed: out of memory';
  if (state.Error) return state.Error;
  const asked = state.Health?.Log?.at(-1)?.Output.trim();
  if (state.Status === 'running') return `${state.Health?.Status}${asked ? `: ${asked}` : ''}`;
  return `${state.Status}, exit code ${state.ExitCode}`;
}
