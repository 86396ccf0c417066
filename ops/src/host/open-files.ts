import type { HostRoot } from './host-root';
import { openFiles, services } from './wanted';

export const loginLimitsFile = '/etc/security/limits.d/90-stock-analysis.conf';
export const serviceFile = (service: string): string => `/etc/systemd/system/${service}.d/90-stock-analysis.conf`;

const unitFolders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

/** What systemd gives a service that says nothing. */
const systemdDefault: Limit = { soft: 1_024, hard: 524_288 };

/** How many files a process may have open: by itself, and at most. */
export interface Limit {
  soft: number;
  hard: number;
}

/** Raises a limit to what is asked for, and lowers neither half. */
export const raised = ({ soft, hard }: Limit): Limit => ({
  soft: Math.max(soft, openFiles),
  hard: Math.max(hard, openFiles),
});

export const isEnough = ({ soft }: Limit): boolean => soft >= openFiles;

/** What logins have without our file: of other files of limits.conf(5), else as the first process has it. */
export async function loginLimit(root: HostRoot): Promise<Limit> {
  const names = (await root.names('/etc/security/limits.d')).map((name) => `/etc/security/limits.d/${name}`);
  const others = ['/etc/security/limits.conf', ...names].filter((file) => file !== loginLimitsFile);
  const found: Limit = parseProcessLimit((await root.read('/proc/1/limits')) ?? '') ?? systemdDefault;
  for (const text of await Promise.all(others.map((file) => root.read(file)))) {
    for (const line of (text ?? '').split('\n')) Object.assign(found, parseLoginLimit(line));
  }
  return found;
}

/** The line of /proc/PID/limits. */
export function parseProcessLimit(text: string): Limit | undefined {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text) ?? [];
  return soft && hard ? { soft: limitOf(soft), hard: limitOf(hard) } : undefined;
}

/** What a line of limits.conf says of everybody; nothing where it says none. */
export function parseLoginLimit(line: string): Partial<Limit> {
  const [, kind, value] = /^\s*\*\s+(soft|hard|-)\s+nofile\s+(\S+)/.exec(line) ?? [];
  if (!kind || !value) return {};
  const limit = limitOf(value);
  return { ...(kind !== 'hard' && { soft: limit }), ...(kind !== 'soft' && { hard: limit }) };
}

/** A service of the host and what its own files, without ours, give it. */
export interface ServiceLimit {
  service: string;
  limit: Limit;
}

/** The services that the host has. */
export async function serviceLimits(root: HostRoot): Promise<ServiceLimit[]> {
  const found = await Promise.all(
    services.map(async (service) => ({ service, texts: await unitTexts(root, service) })),
  );
  return found
    .filter(({ texts }) => texts.length > 0)
    .map(({ service, texts }) => ({ service, limit: parseServiceLimit(texts.join('\n')) ?? systemdDefault }));
}

/** LimitNOFILE of a unit, the last that it says. */
export function parseServiceLimit(text: string): Limit | undefined {
  const last = [...text.matchAll(/^\s*LimitNOFILE\s*=\s*([^:\s]+)(?::(\S+))?\s*$/gm)].at(-1);
  const [, soft, hard] = last ?? [];
  return soft ? { soft: limitOf(soft), hard: limitOf(hard ?? soft) } : undefined;
}

/** The unit itself, from the first folder that has it, then what is dropped in by others. */
async function unitTexts(root: HostRoot, service: string): Promise<string[]> {
  const units = await Promise.all(unitFolders.map((folder) => root.read(`${folder}/${service}`)));
  const unit = units.find((text) => text !== undefined);
  if (unit === undefined) return [];
  const dropped: string[] = [];
  for (const folder of unitFolders.toReversed()) {
    for (const name of await root.names(`${folder}/${service}.d`)) {
      const file = `${folder}/${service}.d/${name}`;
      if (file !== serviceFile(service)) dropped.push((await root.read(file)) ?? '');
    }
  }
  return [unit, ...dropped];
}

const limitOf = (text: string): number =>
  /^(infinity|unlimited|-1)$/.test(text) ? Number.POSITIVE_INFINITY : Number(text);

/** As systemd and PAM write it. */
export const limitText = (limit: number): string => (Number.isFinite(limit) ? `${limit}` : 'unlimited');
