import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;
const kibibytesPerMebibyte = 1024;

interface Process {
  processId: number;
  parentId: number;
  cpuTicks: number;
}

function readProcess(processId: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    // The name in parentheses may hold spaces, so fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parentId = 0] = [Number(fields[1])];
    // User and system time of the process, and of its children that have ended.
    const cpuTicks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { processId, parentId, cpuTicks };
  } catch {
    return undefined;
  }
}

/** The process and everything it started. */
function processTree(rootId: number): Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((process) => process !== undefined);
  const tree = all.filter(({ processId }) => processId === rootId);
  for (const { processId } of tree) tree.push(...all.filter(({ parentId }) => parentId === processId));
  return tree;
}

/** CPU time that the trees of processes have used so far; NaN where there is no /proc. */
export function cpuSeconds(rootIds: readonly number[]): number {
  try {
    const trees = rootIds.flatMap(processTree);
    return trees.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}

/** Memory of trees of processes in MiB; NaN where there is no /proc. */
export interface MemoryMebibytes {
  /** Resident pages; those that processes share count once for each. */
  resident: number;
  /** Resident pages; those that processes share count once in all. */
  proportional: number;
}

export function memoryMebibytes(rootIds: readonly number[]): MemoryMebibytes {
  const sum = { resident: 0, proportional: 0 };
  try {
    for (const { processId } of rootIds.flatMap(processTree)) {
      const text = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8');
      const kibibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
      sum.resident += kibibytes('Rss') / kibibytesPerMebibyte;
      sum.proportional += kibibytes('Pss') / kibibytesPerMebibyte;
    }
    return sum;
  } catch {
    return { resident: Number.NaN, proportional: Number.NaN };
  }
}
