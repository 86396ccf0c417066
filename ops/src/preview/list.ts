import { requireStored } from '../backup/stored-json';
import { type Preview, previewSchema } from './preview';
import type { PreviewCluster } from './preview-cluster';
import { type Clocks, type PreviewNamespace, type Standing, standingOf } from './standing';

/** A preview, or what is left of one. */
export interface Found {
  name: string;
  /** Undefined where there is no record of it that can be read. */
  preview: Preview | undefined;
  standing: Standing;
}

/** Every preview of a cluster, also those of which only a namespace, or a record that nobody can read, is left; by name. */
export async function listPreviews(cluster: PreviewCluster): Promise<Found[]> {
  const [records, namespaces] = await Promise.all([cluster.records(), cluster.namespaces()]);
  const names = [...records.map(({ environment }) => environment), ...namespaces.map(({ preview }) => preview)];
  if (names.length === 0) return [];
  const clocks = await cluster.clocks();
  return [...new Set(names)].sort().map((name) => {
    const record = records.find(({ environment }) => environment === name);
    const own = namespaces.filter(({ preview }) => preview === name);
    return record ? fromRecord(name, record, own, clocks) : withoutRecord(name, own);
  });
}

type Kept = Awaited<ReturnType<PreviewCluster['records']>>[number];

function fromRecord(name: string, { shelf, text }: Kept, own: readonly PreviewNamespace[], clocks: Clocks): Found {
  try {
    const preview = requireStored(previewSchema, text, `the record of ${name} in ${shelf.place}`) as Preview;
    return { name, preview, standing: standingOf(preview, own, clocks) };
  } catch (error) {
    return { name, preview: undefined, standing: { is: 'unclear', why: (error as Error).message } };
  }
}

function withoutRecord(name: string, own: readonly PreviewNamespace[]): Found {
  const namespaces = own.map((each) => each.name).join(', ');
  const why = `there is no record of it, and ${namespaces} has its label; see whose it is, then raise it again and take it down`;
  return { name, preview: undefined, standing: { is: 'unclear', why } };
}
