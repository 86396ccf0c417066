import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

function findOnPath(): string {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const found = folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  if (!found) throw new Error(`none of ${names.join(', ')} is on the PATH; install one to run these tests`);
  return found;
}

/** Starts the Chromium of this machine. @throws Error when there is none */
export const launchChromium = (): Promise<Browser> =>
  // Root cannot make the sandbox, and the pages are our own.
  chromium.launch({ executablePath: findOnPath(), chromiumSandbox: process.getuid?.() !== 0 });
