import { alignedTable } from '../../../app/src/cli/table';
import type { Subject } from '../checks/subject';
import { exitCodes } from '../failures';
import type { LogIndices } from '../maintain/indices/log-indices';
import type { Leftover } from '../maintain/leftovers/leftover';
import type { ContainerLog } from '../maintain/logs/container-logs';
import type { NodeLogs } from '../maintain/logs/kubelet-logs';
import { DockerPlace } from '../place/docker-place';
import type { Answer } from './answer';
import { ageText, bytesText } from './texts';

/** The largest, of which a person wants to know. */
const shownRows = 10;

const sizeText = (bytes: number | undefined): string => (bytes === undefined ? '?' : bytesText(bytes));

/** The logs that the engine or the kubelets keep, and what ends them. */
export async function logsPart(subject: Subject): Promise<Answer> {
  if (subject.place instanceof DockerPlace) {
    const { containerLogs } = await import('../maintain/logs/container-logs.js');
    return containersAnswer(await containerLogs(subject.place, subject.signal));
  }
  const { nodeLogs } = await import('../maintain/logs/kubelet-logs.js');
  return nodesAnswer(await nodeLogs(subject));
}

function containersAnswer(logs: readonly ContainerLog[]): Answer {
  const endless = logs.filter(({ mostBytes }) => mostBytes === null);
  const ours = endless.filter(({ isOurs }) => isOurs);
  const shown = [...new Set([...endless, ...logs.filter(({ isOurs }) => isOurs).slice(0, shownRows)])];
  return {
    json: { logs },
    ok: ours.length === 0,
    lines: [
      ...alignedTable(
        ['CONTAINER', 'DRIVER', 'AT MOST', 'SIZE'],
        shown.map(({ container, driver, mostBytes, bytes }) => [
          container,
          driver,
          mostBytes === null ? 'no end' : mostBytes === undefined ? 'kept elsewhere' : bytesText(mostBytes),
          sizeText(bytes),
        ]),
      ),
      `${logs.length} containers on the engine, ${endless.length} without an end of their log, ${ours.length} of them of this environment`,
      ...(ours.length > 0 ? ['these were not made by its stacks as they are now: deploy it, which replaces them'] : []),
    ],
  };
}

function nodesAnswer(nodes: readonly NodeLogs[]): Answer {
  const all = nodes.flatMap(({ node, mostBytes, containers }) =>
    containers.map((each) => ({ ...each, node, isOver: mostBytes !== undefined && each.bytes > mostBytes })),
  );
  const faults = nodes.flatMap(({ node, fault }) => (fault ? [`${node}: ${fault}`] : []));
  const over = all.filter(({ isOver }) => isOver);
  return {
    json: { logs: nodes },
    ok: over.length === 0,
    ...(over.length === 0 && faults.length > 0 && { exitCode: exitCodes.unknown }),
    lines: [
      ...alignedTable(
        ['CONTAINER', 'NODE', 'SIZE'],
        all
          .sort((a, b) => b.bytes - a.bytes)
          .slice(0, shownRows)
          .map(({ container, node, bytes, isOver }) => [
            container,
            node,
            `${bytesText(bytes)}${isOver ? ', over the limit' : ''}`,
          ]),
      ),
      ...nodes.map(
        ({ node, mostBytes }) =>
          `${node}: ${sizeText(mostBytes)} of a container at most (containerLogMaxSize × containerLogMaxFiles)`,
      ),
      ...faults.map((fault) => `a kubelet cannot be asked, which takes the right to get nodes/proxy: ${fault}`),
    ],
  };
}

/** The indices of the logs, beside how long they are to be kept. */
export async function indicesPart(subject: Subject): Promise<Answer> {
  const { describedRetention, LogStore } = await import('../maintain/indices/log-store.js');
  const { readLogIndices } = await import('../maintain/indices/log-indices.js');
  const retention = describedRetention(subject.stacks);
  if (!retention || !subject.place)
    return { json: { indices: [] }, lines: ['this environment keeps no logs in Elasticsearch'] };
  if (!retention.isOurs) {
    const line = `its logs are in an Elasticsearch of others, who look after it; the lifecycle ${retention.policy} is to delete them after ${retention.days} days`;
    return { json: { retention, indices: [] }, lines: [line] };
  }
  return indicesAnswer(await readLogIndices(new LogStore(subject.place, subject.signal), retention));
}

function indicesAnswer({ retention, indices, problems }: LogIndices): Answer {
  const wrong = indices.filter(({ problem }) => problem !== undefined);
  const bytes = indices.reduce((sum, each) => sum + each.bytes, 0);
  const shown = [...wrong, ...indices.filter(({ problem }) => problem === undefined).slice(0, shownRows)];
  return {
    json: { retention, indices, problems },
    ok: wrong.length === 0 && problems.length === 0,
    lines: [
      ...alignedTable(
        ['INDEX', 'SIZE', 'LINES', 'SINCE ITS LAST LINE', 'WRONG'],
        shown.map(({ name, bytes: size, lines, days, isWrittenTo, problem = '' }) => [
          name,
          bytesText(size),
          `${lines}`,
          isWrittenTo ? 'is written to' : ageText(days * 86_400),
          problem,
        ]),
      ),
      ...problems,
      `${indices.length} indices, ${bytesText(bytes)}, kept for ${retention.days} days after their last line; ${wrong.length} wrong`,
      ...(wrong.length > 0 ? ['one that is to go: --delete-index NAME'] : []),
    ],
  };
}

/** What this program left, and what of it went just now. */
export function leftoversAnswer(found: readonly Leftover[], gone: readonly Leftover[]): Answer {
  const total = (of: readonly Leftover[]) => bytesText(of.reduce((sum, { bytes }) => sum + bytes, 0));
  const unneeded = found.filter(({ stays }) => stays === undefined);
  const shown = found.toSorted((a, b) => b.bytes - a.bytes).slice(0, shownRows);
  const end =
    gone.length > 0
      ? `${gone.length} taken away, ${total(gone)}`
      : `${unneeded.length} of ${found.length} that nobody needs, ${total(unneeded)}${unneeded.length > 0 ? '; take them away: --clean-up' : ''}`;
  return {
    json: { leftovers: found.map((each) => ({ ...each, isGone: gone.includes(each) })) },
    lines: [
      ...(shown.length > 0
        ? alignedTable(
            ['LEFT', 'PATH', 'SIZE', 'CHANGED', 'STAYS'],
            shown.map((each) => [
              each.kind,
              each.path,
              bytesText(each.bytes),
              `${each.changedAt.toISOString().slice(0, 10)}`,
              gone.includes(each) ? 'it is taken away' : (each.stays ?? ''),
            ]),
          )
        : []),
      end,
    ],
  };
}
