import { Refusal } from '../failures';
import type { HostRoot } from './host-root';

/** What engines leave in a container, and what its control groups are named. */
const marks = ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'];
const containerGroup = /docker|kubepods|containerd|libpod|lxc/;

/**
 * A container has the kernel of its host, and its files go with it: what is set there is either another's or lost.
 *
 * @throws Refusal inside of one, unless it is about another root
 */
export async function refuseContainer(root: HostRoot): Promise<void> {
  if (!root.isLive) return;
  for (const mark of marks) if (await root.has(mark)) throw inContainer(mark);
  const groups = (await root.read('/proc/1/cgroup')) ?? '';
  if (containerGroup.test(groups)) throw inContainer('/proc/1/cgroup');
}

const inContainer = (mark: string) =>
  new Refusal(
    `this is a container (${mark}), whose kernel and firewall are its host's; run it on the host, or name a throw-away root: --root DIR`,
  );
