import { stat } from 'node:fs/promises';
import { CannotTell } from '../../failures';
import type { Hosting } from '../host';
import { fail, type Look, ok, skipped, warn } from './finding';

const report = '/var/log/aide/aide.log';
const databases = ['/var/lib/aide/aide.db', '/var/lib/aide/aide.db.gz'];
const reportDays = 8;
const millisecondsPerDay = 86_400_000;

/** Manual 8.2: whether files of the system are as they were; AIDE looks, and this reads its last report. */
export async function integrity({ root }: Hosting): Promise<Look> {
  if (!(await root.programs('aide'))) return warn('AIDE is not installed', 'apt-get install aide; aideinit');
  const there = await Promise.all(databases.map((file) => root.has(file)));
  if (!there.includes(true))
    return fail('AIDE has no database to compare with', 'aideinit; mv /var/lib/aide/aide.db.new /var/lib/aide/aide.db');
  const facts = await stat(root.at(report)).catch(() => undefined);
  const text = (await root.read(report)) ?? '';
  if (!facts || !text) return warn('AIDE has not looked yet', 'aide --check --config /etc/aide/aide.conf');
  const days = Math.floor((Date.now() - facts.mtimeMs) / millisecondsPerDay);
  if (/found differences/i.test(text))
    return fail(`differences, in ${report}`, `read ${report}; what was meant: aide --update`);
  return days > reportDays
    ? warn(`last look ${days} d ago`, 'enable stock-analysis-integrity.timer: stockops host units')
    : ok(`no differences, ${days} d ago`);
}

/** More in a day than somebody who forgot a password. */
const manyFailures = 50;

/** Manual 8.2: logins that failed, in the last day where there is a journal, else in the present log. */
export async function failedLogins({ root }: Hosting): Promise<Look> {
  const text = await loginLog({ root });
  if (text === undefined) return skipped('no journal and no /var/log/auth.log');
  const from = [...text.matchAll(/Failed password for (?:invalid user )?.{1,64}? from (\S+)/g)].map(
    ([, address = '']) => address,
  );
  const counts = [...countsOf(from)].sort(([, a], [, b]) => b - a);
  if (from.length < manyFailures) return ok(`${from.length} failed`);
  const worst = counts.slice(0, 3).map(([address, count]) => `${address} ${count}`);
  return warn(
    `${from.length} failed: ${worst.join(', ')}`,
    'allow keys alone: PasswordAuthentication no in /etc/ssh/sshd_config.d; shut the addresses out',
  );
}

async function loginLog({ root }: Pick<Hosting, 'root'>): Promise<string | undefined> {
  if (root.isLive && (await root.has('/run/systemd/system'))) {
    const words = ['--since', '-24h', '-t', 'sshd', '-t', 'sshd-session', '-o', 'cat', '--no-pager'];
    const { status, output } = await root.run('journalctl', words);
    if (status === 0) return output;
  }
  return root.read('/var/log/auth.log');
}

const refusedShare = 0.2;
const failedShare = 0.01;
/** Of fewer nothing can be said. */
const fewRequests = 20;

/** Manual 8.2: 403, 404 and 5xx among the answers of the gateway. */
export async function answers({ root, gatewayLog }: Hosting & { gatewayLog?: string | undefined }): Promise<Look> {
  const text = gatewayLog === undefined ? await gatewayOutput(root) : await root.read(gatewayLog);
  if (text === undefined)
    return skipped(gatewayLog ? `${gatewayLog} cannot be read` : 'no gateway runs here, and --gateway-log names none');
  const { total, counts } = statusCounts(text);
  const seen = `${total} requests: ${[403, 404].map((status) => `${status} ${counts.get(status) ?? 0}`).join(', ')}, 5xx ${failedOf(counts)}`;
  if (total < fewRequests) return ok(`${seen}; too few to judge`);
  if (failedOf(counts) / total >= failedShare) return fail(seen, 'docs/runbooks/HighErrorRate.md');
  const refused = ((counts.get(403) ?? 0) + (counts.get(404) ?? 0)) / total;
  return refused >= refusedShare ? warn(seen, 'see who asks for what: the access log by client.ip') : ok(seen);
}

const failedOf = (counts: ReadonlyMap<number, number>): number =>
  [...counts].reduce((sum, [status, count]) => (status >= 500 ? sum + count : sum), 0);

/** The statuses of an access log: of our gateway's lines of JSON, and of nginx's own form. */
export function statusCounts(text: string): { total: number; counts: ReadonlyMap<number, number> } {
  const form = /"http\.response\.status_code":"?(\d{3})|" (\d{3}) (?:\d+|-)/;
  const statuses = text.split('\n').flatMap((line) => {
    const [, json, plain] = form.exec(line) ?? [];
    const status = json ?? plain;
    return status ? [Number(status)] : [];
  });
  return { total: statuses.length, counts: countsOf(statuses) };
}

async function gatewayOutput(root: Hosting['root']): Promise<string | undefined> {
  if (!root.isLive) return undefined;
  const { status, output } = await root
    .run('docker', ['ps', '--format', '{{.Names}}', '--filter', 'name=-gateway$'])
    .catch((error) => {
      if (error instanceof CannotTell) return { status: 1, output: '' };
      throw error;
    });
  const [name] = output.trim().split('\n');
  if (status !== 0 || !name) return undefined;
  return (await root.run('docker', ['logs', '--since', '24h', '--tail', '100000', name])).output;
}

function countsOf<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
