import { readOperationsEnvironment } from '../environment';
import { Refusal } from '../failures';
import { runWell } from '../place/tool';
import { carryOut, revert, takeBackUnfinished } from './change';
import { firewallFiles, firewallRules } from './firewall';
import type { HostRoot } from './host-root';
import { withHostLock } from './lock';
import { PacketFilter } from './packet-filter';
import { changesOf, isEmpty, type Plan, planHost } from './plan';
import { listeningPorts, sshPorts } from './ports';
import type { HostRecord } from './record';
import { refuseContainer } from './throw-away';
import { beginTrial, endTrial, type Trial, trialOf } from './trial';
import { openPorts } from './wanted';

/** Which host, and what of it is ours to change. */
export interface Hosting {
  root: HostRoot;
  /** In which the firewall of another root is loaded. @default - that of the live root, and none for another */
  networkNamespace?: string | undefined;
  /** Whether the firewall is looked after. */
  hasFirewall: boolean;
}

/** What `apply` found and did. */
export interface Applied {
  plan: Plan;
  /** undefined where nothing was to be changed. */
  record: HostRecord | undefined;
  /** Rules that wait to be confirmed. */
  trial: Trial | undefined;
  /** Ports that others could reach before, and cannot with these rules. */
  shutOut: number[];
  /** Runs that were killed, taken back first. */
  unfinished: string[];
}

/** What would be changed; nothing is written. */
export async function planOf(hosting: Hosting): Promise<Plan> {
  await refuseContainer(hosting.root);
  const plan = await planHost(hosting.root);
  const rules = hosting.hasFirewall ? await rulesOf(hosting.root) : undefined;
  return { ...plan, files: [...plan.files, ...(rules ? await changesOf(hosting.root, firewallFiles(rules)) : [])] };
}

/** @param seconds after which the firewall is taken away again unless it is confirmed */
export async function applyHost(hosting: Hosting, seconds: number): Promise<Applied> {
  await refuseContainer(hosting.root);
  return withHostLock(hosting.root, async () => {
    const { root } = hosting;
    const unfinished = await takeBackUnfinished(root);
    const plan = await planHost(root);
    const rules = hosting.hasFirewall ? await rulesOf(root) : undefined;
    const filter = filterOf(hosting);
    if (rules) await filter?.requireTaking(rules);
    // Where no packet is filtered nobody can be shut out, and nothing is tried first.
    if (rules && !filter) plan.files.push(...(await changesOf(root, firewallFiles(rules))));
    const record = isEmpty(plan) ? undefined : await carryOut(root, plan, new Date());
    if (record) await rereadUnits(root, record);
    const trial = rules && filter ? await tryRules(root, filter, rules, seconds) : undefined;
    const shutOut = trial ? await portsShutOut(root) : [];
    return { plan, record, trial, shutOut, unfinished };
  });
}

/** Keeps the rules that are being tried, also for the next start. */
export async function confirmFirewall(hosting: Hosting): Promise<HostRecord | undefined> {
  await refuseContainer(hosting.root);
  return withHostLock(hosting.root, async () => {
    const { root } = hosting;
    await takeBackUnfinished(root);
    const { rules } = await endTrial(root);
    try {
      const files = await changesOf(root, firewallFiles(rules));
      const record = files.length > 0 ? await carryOut(root, { files, kernel: [] }, new Date()) : undefined;
      if (record) await rereadUnits(root, record);
      return record;
    } catch (error) {
      await filterOf(hosting)?.follow(root);
      throw error;
    }
  });
}

/** @returns what was taken back, the newest first */
export async function revertHost(hosting: Hosting, id: string | undefined): Promise<HostRecord[]> {
  await refuseContainer(hosting.root);
  return withHostLock(hosting.root, async () => {
    const { root } = hosting;
    const filter = filterOf(hosting);
    const unfinished = await takeBackUnfinished(root);
    const tried = await endTrial(root).catch(() => undefined);
    if (tried) await filter?.follow(root);
    let records: HostRecord[] = [];
    try {
      records = await revert(root, id);
    } catch (error) {
      // There was something to take back, and it is.
      if (id !== undefined || (unfinished.length === 0 && !tried) || !(error instanceof Refusal)) throw error;
    }
    await filter?.follow(root);
    for (const record of records) await rereadUnits(root, record);
    return records;
  });
}

/** The ports that are open to everybody. */
export async function allowedPorts(root: HostRoot): Promise<number[]> {
  const { SSH_CONNECTION: session } = readOperationsEnvironment('host');
  return [...(await sshPorts(root, root.isLive ? session : undefined)), ...openPorts];
}

/** The ports that are listened on for others, and are not open. */
export async function portsShutOut(root: HostRoot): Promise<number[]> {
  const allowed = await allowedPorts(root);
  const listening = await listeningPorts(root);
  return listening.filter(({ isPublic, port }) => isPublic && !allowed.includes(port)).map(({ port }) => port);
}

export const rulesOf = async (root: HostRoot): Promise<string> => firewallRules(await allowedPorts(root));

export const filterOf = ({ root, networkNamespace }: Hosting): PacketFilter | undefined =>
  networkNamespace || root.isLive ? new PacketFilter(networkNamespace) : undefined;

/** Loads the rules unless they are the ones that are loaded, or wait already. */
async function tryRules(
  root: HostRoot,
  filter: PacketFilter,
  rules: string,
  seconds: number,
): Promise<Trial | undefined> {
  const trial = await trialOf(root);
  if (trial?.rules === rules && new Date(trial.until) > new Date()) return trial;
  if (trial) await endTrial(root).catch(() => undefined);
  const changes = await changesOf(root, firewallFiles(rules));
  if (changes.length === 0 && (await filter.isLoaded())) return undefined;
  return beginTrial(root, filter, rules, seconds);
}

/** systemd reads its units again where some were changed. */
async function rereadUnits(root: HostRoot, { files }: HostRecord): Promise<void> {
  const areUnits = files.some(({ path }) => path.startsWith('/etc/systemd/'));
  if (root.isLive && areUnits && (await root.has('/run/systemd/system'))) await runWell('systemctl', ['daemon-reload']);
}
