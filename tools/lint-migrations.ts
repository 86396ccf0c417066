import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { lintMigrations } from './migrations/lint';

/** Names what of app/migrations would lock or break the version that runs meanwhile; exit code 1 where there is any. */
async function main(): Promise<void> {
  const folder = join(__dirname, '../app/migrations');
  const names = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  const files = new Map(names.sort().map((file) => [parse(file).name, readFileSync(join(folder, file), 'utf8')]));
  const found = await lintMigrations(files);
  for (const { migration, rule, statement, text } of found) console.log(`${migration}: ${rule}: ${statement}: ${text}`);
  if (found.length > 0) process.exitCode = 1;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
