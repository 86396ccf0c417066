import type { Hosting } from '../host';
import { fail, type Look, ok, skipped, warn } from './finding';

/** A simulation locks what it reads, and writes down what it computed. */
const readOnly = ['Debug::NoLocking=true', 'Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache='].flatMap((setting) => [
  '-o',
  setting,
]);

/** Manual 8.3: patches that wait, and whether they come by themselves. */
export async function patches({ root }: Hosting): Promise<Look> {
  if (await root.has('/run/reboot-required'))
    return warn('the system waits for a restart', 'reboot, in the window for it');
  if (!(await root.programs('apt-get'))) return skipped('no apt-get: ask the package manager of this system');
  const { status, output, said } = await root.run('apt-get', [...readOnly, '-s', 'upgrade']);
  if (status !== 0) return { state: 'unknown', seen: said.trim(), advice: 'apt-get update' };
  const waiting = output.split('\n').filter((line) => line.startsWith('Inst '));
  const security = waiting.filter((line) => /-security/i.test(line));
  const automatic = (await root.read('/etc/apt/apt.conf.d/20auto-upgrades')) ?? '';
  const byItself = /Unattended-Upgrade\s+"1"/.test(automatic) ? 'come by themselves' : 'come by hand';
  const seen = `${waiting.length} wait, ${security.length} of them for security; they ${byItself}`;
  if (security.length > 0) return fail(seen, 'apt-get update; apt-get upgrade');
  return waiting.length > 0 ? warn(seen, 'apt-get update; apt-get upgrade') : ok(seen);
}

/** Manual 8.3: who can do everything. Members of docker can. */
export async function accounts({ root }: Hosting): Promise<Look> {
  const fields = async (file: string) =>
    ((await root.read(file)) ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(':'));
  const zero = (await fields('/etc/passwd')).flatMap(([name = '', , uid]) =>
    uid === '0' && name !== 'root' ? [name] : [],
  );
  const open = (await fields('/etc/shadow')).flatMap(([name = '', password]) => (password === '' ? [name] : []));
  if (zero.length > 0)
    return fail(`${zero.join(', ')} is root by another name`, 'userdel it, or give it a number of its own');
  if (open.length > 0) return fail(`${open.join(', ')} needs no password`, 'passwd --lock NAME');
  const mighty = (await fields('/etc/group')).flatMap(([name = '', , , members]) =>
    ['sudo', 'wheel', 'docker'].includes(name) && members ? [`${name}: ${members}`] : [],
  );
  return ok(mighty.length > 0 ? mighty.join('; ') : 'root alone');
}
