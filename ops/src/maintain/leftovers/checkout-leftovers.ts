import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { checkoutFolder } from '../../place/claimed-checkout';
import { unfinishedRecoveries } from '../../recover/recovery';
import { isOld, type Leftover, leftoverAt } from './leftover';

/** What synthesis, Terraform and this program left in a checkout, of whatever environment. */
export async function checkoutLeftovers(root: string): Promise<Leftover[]> {
  const [stacks, logs] = await Promise.all([stackFolders(root), terraformLogs(root)]);
  return [...stacks, ...logs];
}

/** A stack that is synthesized again where it is deployed; what Terraform could not write to a state is in no other place. */
async function stackFolders(root: string): Promise<Leftover[]> {
  const above = path.join(root, 'cdktf.out', 'stacks');
  const names = await readdir(above).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = path.join(above, name);
      const stays = whyStackStays(await readdir(folder).catch(() => []));
      return { ...(await leftoverAt('a synthesized stack', folder)), ...(stays && { stays }) };
    }),
  );
  return found.filter(({ changedAt, stays }) => isOld(changedAt) || stays?.includes('.tfstate'));
}

function whyStackStays(files: readonly string[]): string | undefined {
  const state = files.find((file) => file.includes('.tfstate'));
  if (state) return `it has ${state}: see first whether that is anywhere else (terraform state push)`;
  return files.includes('cdk.tf.json') ? undefined : 'it has no cdk.tf.json: somebody else made it';
}

/** What Terraform said, which is added to with each deployment. */
async function terraformLogs(root: string): Promise<Leftover[]> {
  const recoveries = path.join(root, '.local', 'recover');
  const wanted = (await unfinishedRecoveries(root)).map((name) => path.join(recoveries, name, path.sep));
  const logs = [...(await logsBelow(checkoutFolder(root))), ...(await logsBelow(recoveries))];
  const unneeded = logs.filter((log) => !wanted.some((folder) => log.startsWith(folder)));
  const found = await Promise.all(unneeded.map((log) => leftoverAt('what Terraform said', log)));
  return found.filter(({ changedAt }) => isOld(changedAt));
}

async function logsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
