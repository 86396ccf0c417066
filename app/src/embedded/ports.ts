import { createServer } from 'node:net';
import { EmbeddedError } from './embedded-error';

/** Listens for a moment. @returns the port; rejects when it cannot be had */
async function tryPort(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: listened } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return listened;
}

/** @throws EmbeddedError when something listens there, or nobody may; it names the option that chooses another */
export async function requireFreePort(port: number, option: string): Promise<void> {
  await tryPort(port).catch((error: NodeJS.ErrnoException) => {
    throw new EmbeddedError(
      `port ${port} cannot be used (${error.code}); stop what uses it, or choose another with ${option} PORT`,
    );
  });
}

export const isFree = (port: number): Promise<boolean> =>
  tryPort(port).then(
    () => true,
    () => false,
  );

/** A port of 127.0.0.1 on which nothing listens. */
export const findFreePort = (): Promise<number> => tryPort(0);
