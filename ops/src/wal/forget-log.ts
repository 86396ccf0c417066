import { baseNote, type PointsInTime } from './points-in-time';

/** What recovery can begin with: the newest, and the one before while the newest is young. */
const kept = 2;

/**
 * Takes away what no point in time needs any more: base backups beyond those that are kept, what is none, the log before the oldest of
 * them, and, once there are as many as are kept, all of the servers that were before this one. Nobody makes a base backup meanwhile.
 */
export async function forgetOldLog(points: PointsInTime, system: string): Promise<void> {
  const { store } = points;
  const staying = (await points.bases(system)).slice(-kept);
  const folders = new Set(staying.map(({ folder }) => folder));
  for (const folder of await points.baseFolders(system)) {
    if (folders.has(folder)) continue;
    // First what makes it one: what is left when this is interrupted is none.
    await store.removeFile(`${folder}/${baseNote}`);
    await store.removeUnfinished(folder);
  }
  const [oldest] = staying;
  if (!oldest) return;
  for (const { name, stored } of await points.log(system)) {
    if (name.length === oldest.firstLogFile.length && name < oldest.firstLogFile) await store.removeFile(stored.name);
  }
  if (staying.length < kept) return;
  const former = (await points.servers()).filter((server) => server !== system);
  for (const server of former) await points.removeServer(server);
}
