import '../config/report-errors';

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentByName } from '../config/environments';
import { plansFolder } from './kept/committed-plans';
import { renderPlans } from './plans';

/** Says, as JSON, which plans of an environment are not those that were reviewed, and the hash of what it would have deployed. */
function main([name = '']: string[]): void {
  const { lifetimeHours } = environmentByName(name);
  const plans = [...renderPlans()].filter(([path]) => path.startsWith(`${name}/`)).sort();
  const hash = createHash('sha256');
  for (const [path, text] of plans) hash.update(`${path}\n${text}`);
  // Nobody reviews what is there for a while.
  const reviewed = lifetimeHours === undefined ? plans : [];
  const differing = reviewed.filter(([path, text]) => readReviewed(path) !== text).map(([path]) => `plans/${path}`);
  console.log(JSON.stringify({ hash: hash.digest('hex'), differing }));
}

function readReviewed(path: string): string | undefined {
  const file = join(plansFolder, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

main(process.argv.slice(2));
