import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderPlans } from './plans';

/** Renews plans/, which is committed: its diff is what a change does to every environment. */
const directory = join(__dirname, '../plans');
const plans = renderPlans();
rmSync(directory, { recursive: true, force: true });
for (const [path, text] of plans) {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
console.error(`wrote ${plans.size} plans below plans/`);
