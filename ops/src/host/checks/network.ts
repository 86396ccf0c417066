import { firewallFile, firewallFiles } from '../firewall';
import { filterOf, type Hosting, portsShutOut, rulesOf } from '../host';
import { changesOf } from '../plan';
import { publishedPorts } from '../ports';
import { trialOf } from '../trial';
import { apiPort, openPorts } from '../wanted';
import { fail, type Look, ok, skipped, warn } from './finding';

/** Manual 8.1: what the packet filter lets in, now and after the next start. */
export async function firewall(hosting: Hosting): Promise<Look> {
  const { root } = hosting;
  const trial = await trialOf(root);
  if (trial) return warn(`on trial until ${trial.until}`, 'stockops host confirm');
  const changes = await changesOf(root, firewallFiles(await rulesOf(root)));
  if (changes.length > 0) return fail('the rules are not there, or are older', 'stockops host apply');
  const filter = filterOf(hosting);
  if (!filter) return ok(`${firewallFile}; this root has no packet filter`);
  return (await filter.isLoaded())
    ? ok(`loaded, and at each start from ${firewallFile}`)
    : fail('the rules are not loaded', 'systemctl restart stock-analysis-firewall');
}

/** Docker lets packets in to what it publishes before ufw looks; so nothing is published that is not meant to be. */
export async function published({ root }: Hosting): Promise<Look> {
  if (!root.isLive) return skipped('another root has no engine that runs');
  const found = await publishedPorts(root);
  const others = found.filter(({ port }) => !(openPorts as readonly number[]).includes(port));
  const seen = (list: typeof found) =>
    list.map(({ container, address, port }) => `${container} ${address}:${port}`).join(', ');
  if (others.length === 0) return ok(found.length > 0 ? seen(found) : 'nothing to others than this machine');
  const isApi = others.some(({ port }) => port === apiPort);
  const advice =
    'publish it on 127.0.0.1, as in: docker run -p 127.0.0.1:PORT:PORT; ufw does not stop it, our rules do';
  return isApi ? fail(`the API itself: ${seen(others)}`, advice) : warn(seen(others), advice);
}

/** What is listened on and not meant for everybody. */
export async function listening({ root }: Hosting): Promise<Look> {
  const others = await portsShutOut(root);
  if (others.length === 0) return ok('nothing for others but what is open');
  return warn(`also ${others.join(', ')}`, 'see whose they are: ss -tlnp; have them listen on 127.0.0.1');
}
