import type { Resource } from '../place/synthesized';
import type { Subject } from './subject';

interface Use {
  readonly object: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

/**
 * What the kubelets tell of their disks, with each claim, or of their memory.
 *
 * @throws Error where this user may not ask them
 */
export async function nodeStatistics(subject: Subject, what: 'disks' | 'memory'): Promise<Use[]> {
  const { items }: { items: Resource[] } = await subject.kubernetes('get', 'nodes');
  const summaries = await Promise.all(items.map(({ metadata }) => summaryOf(subject, metadata.name)));
  return what === 'disks' ? summaries.flatMap((each) => disksOf(subject, each)) : summaries.map(memoryOf);
}

/** Of each node, how many of its processors are in use, and how many it has. */
export async function nodeProcessors(subject: Subject): Promise<{ node: string; used: number; processors: number }[]> {
  const { items }: { items: Resource[] } = await subject.kubernetes('get', 'nodes');
  return Promise.all(
    items.map(async ({ metadata, status }) => {
      const { node } = await summaryOf(subject, metadata.name);
      return {
        node: metadata.name,
        used: node.cpu.usageNanoCores / 1e9,
        processors: Number(status.capacity.cpu),
      };
    }),
  );
}

/** What the kubelet of a node tells, asked once. @throws Error where this user may not ask it */
export const summaryOf = (subject: Subject, node: string): Promise<Resource> =>
  subject.once(`statistics of ${node}`, async () => {
    const { cluster, signal } = subject;
    return JSON.parse(await cluster.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`], { signal }));
  });

const useOf = (object: string, { capacityBytes, availableBytes }: Resource): Use => ({
  object,
  usedBytes: capacityBytes - availableBytes,
  totalBytes: capacityBytes,
});

function disksOf({ namespace }: Subject, { node, pods }: Resource): Use[] {
  const claims = (pods as Resource[])
    .flatMap(({ volume = [] }) => volume)
    .filter(({ pvcRef }: Resource) => pvcRef?.namespace === namespace)
    .map((volume: Resource) => useOf(`claim ${volume.pvcRef.name}`, volume));
  return [useOf(`node ${node.nodeName}`, node.fs), ...claims];
}

/** What is available is what there is without what is in use and cannot be given back. */
const memoryOf = ({ node: { nodeName, memory } }: Resource): Use => ({
  object: `node ${nodeName}`,
  usedBytes: memory.workingSetBytes,
  totalBytes: memory.workingSetBytes + memory.availableBytes,
});
