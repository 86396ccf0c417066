import { homedir, userInfo } from 'node:os';

/** Name of who runs this program; a number that the system has no user for stands for itself. */
export const userName = (): string => ofSystem(() => userInfo().username) ?? `${process.getuid?.() ?? 'unknown'}`;

/** Undefined where HOME is not set and the system has no such user. */
export const homeFolder = (): string | undefined => ofSystem(homedir);

function ofSystem(ask: () => string): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
