import { summaryOf } from '../../checks/node-statistics';
import type { Subject } from '../../checks/subject';
import { running } from '../../place/kubernetes-place';
import type { Resource } from '../../place/synthesized';
import { bytesOf } from './byte-texts';

/** What the containers of the environment have said on a node, and the kubelet keeps. */
export interface NodeLogs {
  node: string;
  /** Of one container at most; undefined where the kubelet does not say. */
  mostBytes: number | undefined;
  /** The largest first. */
  containers: { container: string; bytes: number }[];
  /** Why the kubelet could not be asked. */
  fault?: string;
}

/** The logs of each node; of one that cannot be asked, why. */
export async function nodeLogs(subject: Subject): Promise<NodeLogs[]> {
  const { items }: { items: Resource[] } = await subject.kubernetes('get', 'nodes');
  return Promise.all(
    items.map(({ metadata: { name: node } }) =>
      logsOf(subject, node).catch((error: Error) => {
        subject.signal.throwIfAborted();
        return { node, mostBytes: undefined, containers: [], fault: lastLine(error.message) };
      }),
    ),
  );
}

async function logsOf(subject: Subject, node: string): Promise<NodeLogs> {
  const { cluster, signal } = subject;
  const asked = cluster.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/configz`], { signal });
  const [configuration, { pods }] = await Promise.all([asked, summaryOf(subject, node)]);
  const namespaces = namespacesOf(subject);
  const ours = (pods as Resource[]).filter(({ podRef }) => namespaces.has(podRef.namespace));
  const containers = ours.flatMap(({ podRef, containers = [] }) =>
    (containers as Resource[]).map(({ name, logs }) => ({
      container: `${podRef.name}/${name}`,
      bytes: logs?.usedBytes ?? 0,
    })),
  );
  return {
    node,
    mostBytes: limitIn(JSON.parse(configuration).kubeletconfig),
    containers: containers.sort((a, b) => b.bytes - a.bytes),
  };
}

const limitIn = ({ containerLogMaxSize: size = '', containerLogMaxFiles: files }: Resource): number | undefined => {
  const bytes = bytesOf(size);
  return bytes === undefined ? undefined : bytes * files;
};

const namespacesOf = ({ place }: Subject): Set<string> =>
  new Set(
    (place?.stacks ?? []).flatMap(({ resources }) =>
      Object.keys(running).flatMap((type) =>
        Object.values(resources[type] ?? {}).map(({ metadata }) => metadata.namespace as string),
      ),
    ),
  );

const lastLine = (message: string): string => message.trim().split('\n').at(-1) ?? '';
