import type { Hosting } from '../host';
import { kernelParametersOf } from '../kernel';
import {
  isEnough,
  limitText,
  loginLimit,
  loginLimitsFile,
  parseServiceLimit,
  serviceFile,
  serviceLimits,
} from '../open-files';
import { readRecords } from '../record';
import { openFiles } from '../wanted';
import { fail, type Look, ok, skipped, warn } from './finding';

const apply = 'stockops host apply';

/** Manual 7.3: parameters of the running kernel, and whether they come back with the next start. */
export async function kernel({ root }: Hosting): Promise<Look> {
  const parameters = await kernelParametersOf(root);
  const seen = parameters.map(({ key, live }) => `${key} ${live ?? 'unknown'}`).join(', ');
  if (parameters.every(({ live }) => live === undefined)) return skipped('no kernel can be asked below this root');
  const low = parameters.filter(({ live, value }) => live !== undefined && live < value);
  if (low.length > 0) {
    const wanted = low.map(({ key, value }) => `${key} ${value}`).join(', ');
    return fail(`${seen}; at least: ${wanted}`, apply);
  }
  return ok(seen);
}

/** Manual 7.3: open files of who logs in. */
export async function logins({ root }: Hosting): Promise<Look> {
  const limit = await loginLimit(root);
  const isRaised = (await root.read(loginLimitsFile)) !== undefined;
  if (isEnough(limit) || isRaised) return ok(isRaised ? `${openFiles}, by ${loginLimitsFile}` : limitText(limit.soft));
  return fail(`${limitText(limit.soft)}, at least: ${openFiles}`, apply);
}

/** Limits of logins are not those of services. */
export async function services({ root }: Hosting): Promise<Look> {
  const found = await serviceLimits(root);
  if (found.length === 0) return skipped('neither docker.service nor containerd.service is here');
  const limits = await Promise.all(
    found.map(async ({ service, limit }) => ({
      service,
      limit: parseServiceLimit((await root.read(serviceFile(service))) ?? '') ?? limit,
    })),
  );
  const seen = limits.map(({ service, limit }) => `${service} ${limitText(limit.soft)}`).join(', ');
  return limits.every(({ limit }) => isEnough(limit)) ? ok(seen) : fail(`${seen}; at least: ${openFiles}`, apply);
}

/** A run that was killed is taken back by the next. */
export async function unfinished({ root }: Hosting): Promise<Look> {
  const left = (await readRecords(root)).filter(({ state }) => state === 'applying');
  if (left.length === 0) return ok('nothing is half-done');
  return warn(`half-done since ${left[0]?.startedAt}`, `${apply} takes it back and begins again`);
}
