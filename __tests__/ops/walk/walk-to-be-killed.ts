import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Progress } from '../../../ops/src/cli/progress';
import { Journal, journalSchema } from '../../../ops/src/walk/journal';
import { FilePage } from '../../../ops/src/walk/page';
import { type Step, walk } from '../../../ops/src/walk/walk';

// In a process of its own, because it is killed: goes on with the walk whose journal is in a folder, each step of which makes a file.

const folder = process.argv[2] as string;

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
  const page = new FilePage(path.join(folder, 'journal.json'));
  const journal =
    (await Journal.open(page, journalSchema({ of: z.string() }))) ?? (await Journal.begin(page, { of: 'a trial' }));
  await walk(['one', 'two', 'three', 'four'].map(makes), journal, new Progress(false), new AbortController().signal);
}

main();
