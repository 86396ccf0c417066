import { X509Certificate } from 'node:crypto';
import type { Hosting } from '../host';
import { fail, type Look, ok, skipped, warn } from './finding';

const folder = '/etc/letsencrypt/live';
/** certbot renews 30 days before the end: what has fewer was not renewed. */
const renewedDays = 29;
const lastDays = 7;
const millisecondsPerDay = 86_400_000;

/** Manual 8.1 and 8.3: how long the certificates are good. */
export async function certificates({ root }: Hosting): Promise<Look> {
  const files = (await root.names(folder)).map((name) => `${folder}/${name}/fullchain.pem`);
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await root.read(file) })));
  const found = texts.flatMap(({ file, text }) => (text === undefined ? [] : [{ file, days: daysLeft(text) }]));
  if (found.length === 0) return skipped(`none below ${folder}`);
  const seen = found.map(({ file, days }) => `${file} ${Number.isNaN(days) ? 'unreadable' : `${days} d`}`).join(', ');
  const least = Math.min(...found.map(({ days }) => (Number.isNaN(days) ? -1 : days)));
  if (least <= lastDays) return fail(seen, 'certbot renew');
  return least <= renewedDays ? warn(`${seen}: not renewed in time`, 'certbot renew --dry-run says why') : ok(seen);
}

export function daysLeft(pem: string): number {
  try {
    return Math.floor((Date.parse(new X509Certificate(pem).validTo) - Date.now()) / millisecondsPerDay);
  } catch {
    return Number.NaN;
  }
}

const timers = ['certbot.timer', 'snap.certbot.renew.timer', 'stock-analysis-certificates.timer'];

/** Manual 8.1: that they are renewed by themselves. */
export async function renewal({ root }: Hosting): Promise<Look> {
  if ((await root.names(folder)).length === 0) return skipped(`no certificate below ${folder}`);
  for (const timer of timers) {
    if (await root.has(`/etc/systemd/system/timers.target.wants/${timer}`)) return ok(timer);
  }
  if (await root.has('/etc/cron.d/certbot')) return ok('/etc/cron.d/certbot');
  return fail('no timer renews them', 'stockops host units --write DIR, then enable stock-analysis-certificates.timer');
}
