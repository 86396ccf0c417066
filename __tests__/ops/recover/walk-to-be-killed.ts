import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Progress } from '../../../ops/src/cli/progress';
import { Journal } from '../../../ops/src/recover/journal';
import { type Step, walk } from '../../../ops/src/recover/walk';

// In a process of its own, because it is killed: goes on with the recovery whose journal is in a folder, each step of which makes a file.

const folder = process.argv[2] as string;
const recovery = { environment: 'trial', from: '/store', copy: 'of-a-day', snapshotAt: '2026-11-26T00:00:00.000Z' };

const makes = (name: string): Step => ({
  name,
  phase: 'data',
  text: `makes ${name}`,
  isSo: async () => existsSync(path.join(folder, name)),
  act: async () => {
    appendFileSync(path.join(folder, 'begun'), `${name}\n`);
    await sleep(60);
    writeFileSync(path.join(folder, name), '', { flag: 'wx' });
    await sleep(60);
    return name;
  },
});

async function main(): Promise<void> {
  const journal = (await Journal.open(folder)) ?? (await Journal.begin(folder, recovery));
  await walk(['one', 'two', 'three', 'four'].map(makes), journal, new Progress(false));
}

main();
