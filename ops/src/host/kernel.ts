import type { HostRoot } from './host-root';
import { kernelParameters } from './wanted';

/** Own settings come after those of the distribution, and before an administrator's 99-…. */
export const kernelFile = '/etc/sysctl.d/90-stock-analysis.conf';

/** Folders of sysctl.d(5), of which a name in an earlier one hides that in a later. */
const folders = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d'];

export const parameterFile = (key: string): string => `/proc/sys/${key.replaceAll('.', '/')}`;

/** A parameter as it is in the running kernel and in the files that are read at its next start. */
export interface KernelParameter {
  key: string;
  /** What is asked for. */
  value: number;
  why: string;
  /** undefined where the kernel cannot be asked. */
  live: number | undefined;
  own: number | undefined;
  /** Of the files of others. */
  others: number | undefined;
}

/** Looks at every parameter that is asked for. */
export async function kernelParametersOf(root: HostRoot): Promise<KernelParameter[]> {
  const own = settingsIn((await root.read(kernelFile)) ?? '');
  const others = settingsIn((await textsOfOthers(root)).join('\n'));
  return Promise.all(
    kernelParameters.map(async ({ key, value, why }) => ({
      key,
      value,
      why,
      live: numberOf(await root.read(parameterFile(key))),
      own: own.get(key),
      others: others.get(key),
    })),
  );
}

/**
 * Whether it belongs into our own file. What is as high without us is not ours to say; where nothing can be seen, a value could lower it.
 */
export function isOurs({ value, live, own, others }: KernelParameter): boolean {
  if (others !== undefined && others >= value) return false;
  if (own !== undefined) return true;
  return live !== undefined && live < value;
}

/** The settings of a file of sysctl.d, the last of each key. */
export function settingsIn(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => !/^\s*[#;]/.test(line));
  const pairs = lines.flatMap((line) => {
    const [, key, value] = /^\s*-?([\w./-]+?)\s*=\s*(\d+)\s*$/.exec(line) ?? [];
    return key && value ? [[key.replaceAll('/', '.'), Number(value)] as const] : [];
  });
  return new Map(pairs);
}

/** In the order in which they are read: by name, whatever their folder, then sysctl.conf. */
async function textsOfOthers(root: HostRoot): Promise<string[]> {
  const files = new Map<string, string>();
  for (const folder of folders.toReversed()) {
    for (const name of await root.names(folder)) if (name.endsWith('.conf')) files.set(name, `${folder}/${name}`);
  }
  const paths = [...files.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
  const texts = [...paths, '/etc/sysctl.conf'].filter((file) => file !== kernelFile).map((file) => root.read(file));
  return (await Promise.all(texts)).filter((text) => text !== undefined);
}

const numberOf = (text: string | undefined): number | undefined => {
  const number = Number(text?.trim() || Number.NaN);
  return Number.isFinite(number) ? number : undefined;
};
