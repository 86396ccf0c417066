import { once } from 'node:events';
import { createServer } from 'node:net';
import { Refusal } from '../failures';
import type { HostRoot } from './host-root';

/**
 * Works while nobody else changes the same host. The lock is a socket without a file: the system takes it away with the process, however that ends.
 *
 * @throws Refusal when another process has it
 */
export async function withHostLock<T>(root: HostRoot, work: () => Promise<T>): Promise<T> {
  const lock = createServer();
  lock.listen(`\0stockops-host:${root.folder}`);
  try {
    await once(lock, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Refusal('another `stockops host` is changing this host; wait until it has ended');
  }
  try {
    return await work();
  } finally {
    lock.close();
  }
}
