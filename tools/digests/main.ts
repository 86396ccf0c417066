import '../../config/report-errors';

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environments } from '../../config/environments';
import { namesOfUpstream } from '../../constructs/workload/image';
import { digestOf } from './registry';

/** What a registry said of an image. */
interface Known {
  readonly digest: string;
  readonly checkedAt: string;
}

const file = join(__dirname, '../../config/image-digests.json');

/**
 * Asks registries for the digest of every upstream image of every environment, and writes down what they answer: the file is
 * reviewed and committed like any other. What a registry does not tell is as it was.
 */
async function main(): Promise<void> {
  const before = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Known>;
  const after: Record<string, Known> = {};
  const wanted = namesOfUpstream(environments.map(({ images }) => images));
  for (const image of wanted) {
    const known = before[image];
    try {
      const digest = await digestOf(image);
      if (known && known.digest !== digest)
        console.log(`${image}: was ${known.digest}, is ${digest}: it was built anew`);
      after[image] = known?.digest === digest ? known : { digest, checkedAt: new Date().toISOString() };
    } catch (error) {
      console.error(error instanceof TypeError ? `${image}: its registry cannot be reached` : (error as Error).message);
      process.exitCode = 1;
      if (known) after[image] = known;
    }
  }
  writeFileSync(file, `${JSON.stringify(after, null, 2)}\n`);
  console.log(`${Object.keys(after).length} of ${wanted.length} digests are known: config/image-digests.json`);
}

void main();
