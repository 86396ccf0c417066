import { unifiedDiff } from '../unified-diff';
import type { HostRoot } from './host-root';
import { isOurs, kernelFile, kernelParametersOf } from './kernel';
import {
  type Limit,
  limitText,
  loginLimit,
  loginLimitsFile,
  raised,
  type ServiceLimit,
  serviceFile,
  serviceLimits,
} from './open-files';
import { areEqual, type Entry, ownEntry, ownFile, type Wanted } from './own-file';
import { openFiles } from './wanted';

/** A file that is made, replaced or taken away. */
export interface FileChange {
  path: string;
  before: Entry | undefined;
  after: Entry | undefined;
}

/** A parameter of the running kernel that is set. */
export interface KernelChange {
  key: string;
  before: number;
  after: number;
}

/** All that is done to a host at once. */
export interface Plan {
  files: FileChange[];
  kernel: KernelChange[];
}

export const isEmpty = ({ files, kernel }: Plan): boolean => files.length + kernel.length === 0;

/** What a host lacks of what the manual asks for (7.3). @throws Refusal where somebody else's file is in the way */
export async function planHost(root: HostRoot): Promise<Plan> {
  const parameters = await kernelParametersOf(root);
  const ours = parameters.filter(isOurs).map((each) => ({ ...each, after: Math.max(each.value, each.own ?? 0) }));
  const wanted = [
    ownFile(
      kernelFile,
      ours.flatMap(({ key, after, why }) => [`# ${why}`, `${key} = ${after}`]),
    ),
    ownFile(loginLimitsFile, loginLines(await loginLimit(root))),
    ...(await serviceLimits(root)).map(serviceWanted),
  ];
  return {
    files: await changesOf(root, wanted),
    kernel: ours.flatMap(({ key, live, after }) =>
      live !== undefined && live < after ? [{ key, before: live, after }] : [],
    ),
  };
}

/** What of some files is not as it is wanted. */
export async function changesOf(root: HostRoot, wanted: readonly Wanted[]): Promise<FileChange[]> {
  const changes = await Promise.all(
    wanted.map(async (each) => ({ path: each.path, before: await ownEntry(root, each), after: each.entry })),
  );
  return changes.filter(({ before, after }) => !areEqual(before, after));
}

/** Root is not among everybody, as limits.conf means it. */
function loginLines(limit: Limit): string[] {
  const { soft, hard } = raised(limit);
  return ['*', 'root'].flatMap((who) => [
    ...(limit.soft < openFiles ? [`${who} soft nofile ${limitText(soft)}`] : []),
    ...(limit.hard < openFiles ? [`${who} hard nofile ${limitText(hard)}`] : []),
  ]);
}

function serviceWanted({ service, limit }: ServiceLimit): Wanted {
  if (limit.soft >= openFiles) return ownFile(serviceFile(service), []);
  const { soft, hard } = raised(limit);
  const words = [soft, hard].map((half) => (Number.isFinite(half) ? `${half}` : 'infinity'));
  return ownFile(serviceFile(service), ['[Service]', `LimitNOFILE=${words.join(':')}`]);
}

/** The changes for a person: of each file a unified diff, of each parameter a line. */
export function planLines({ files, kernel }: Plan): string[] {
  return [
    ...files.flatMap(({ path, before, after }) => unifiedDiff(path, textOf(before), textOf(after))),
    ...kernel.map(({ key, before, after }) => `running kernel: ${key} ${before} -> ${after}`),
  ];
}

const textOf = (entry: Entry | undefined): string | undefined =>
  entry?.kind === 'link' ? `symbolic link to ${entry.content}\n` : entry?.content;
