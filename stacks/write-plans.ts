import '../config/report-errors';

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderPlans, renderReadme } from './plans';

/** Renews plans/ and the README's picture, which are committed: their diff is what a change does to every environment. */
const root = join(__dirname, '..');
const plans = renderPlans();
rmSync(join(root, 'plans'), { recursive: true, force: true });
for (const [path, text] of plans) {
  const file = join(root, 'plans', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const readme = join(root, 'README.md');
writeFileSync(readme, renderReadme(readFileSync(readme, 'utf8')));
console.error(`wrote ${plans.size} files below plans/ and the picture in README.md`);
