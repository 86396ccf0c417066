import { existsSync } from 'node:fs';
import path from 'node:path';
import { ownerRole } from '../../../app/src/database/roles';
import { claimFolder } from '../../../app/src/embedded/claim-folder';
import { defaultFolder, readEnvironmentFile } from '../../../app/src/embedded/environment-file';
import { EmbeddedPostgres } from '../../../app/src/embedded/postgres';
import { dataFolder } from '../../../app/src/embedded/postgres-data';
import { givenFolder } from '../../../app/src/runtime/env';
import { offerOperationsVariables } from '../environment';
import { exitCodes } from '../failures';
import { environmentNames, requireCheckout } from '../place/synthesized';
import { stockops } from '../program';

// The command line as `npm run stockops` starts it: on what `npm start` runs or, while that is stopped, on its data.

const folder = path.resolve(givenFolder() ?? defaultFolder);

/** What stays the same whether the product runs or not. */
const variables = {
  STOCK_ENVIRONMENT: 'embedded',
  BACKUP_METHOD: 'copy',
  // Beside the folder, not in it: who removes the folder to begin anew may want its copies.
  BACKUP_STORE: `${folder}-backups`,
  BACKUP_WORK: path.join(folder, 'work'),
  ...(existsSync(path.join(folder, 'secret-key')) && { SECRET_KEY_FILE: path.join(folder, 'secret-key') }),
};

/** Commands that look at an environment, which they are told, or at this machine's own. */
const looking = ['checklist', 'doctor', 'health', 'logs', 'status', 'watch'];
/** Commands on another environment than this machine's own. */
const ofOthers = ['recover', 'rotate', 'deploy', 'rollback', 'promote', 'preview', 'freeze', 'unfreeze', 'history'];
const toldWhich = [...looking, ...ofOthers, 'up', 'down', 'restart'];

/** Commands that ask the database, or a superuser of it. */
const ofDatabase = /^(backup create|restore|upgrade|maintain)/;

/** Of these, those that the running product does not mind. */
const besideProduct = ['backup', 'maintain'];

/** Without the name of another, maintain is of this machine's own. */
const isMaintenanceElsewhere = ([command, ...others]: readonly string[]): boolean =>
  command === 'maintain' && environmentNames(requireCheckout()).some((name) => others.includes(name));

async function run(): Promise<void> {
  const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
  if (toldWhich.includes(words[0] ?? '') || isMaintenanceElsewhere(words)) return stockops();
  offerOperationsVariables(variables);
  if (!ofDatabase.test(words.join(' ')) || process.argv.includes('--help')) return stockops();
  const { DATABASE_URL, DATABASE_PASSWORD_FILE } = readEnvironmentFile(folder, ownerRole);
  if (DATABASE_URL && DATABASE_PASSWORD_FILE) {
    if (!besideProduct.includes(words[0] ?? ''))
      throw new Error(`the product runs; stop \`npm start\` first, then ${words[0]}`);
    offerOperationsVariables({ DATABASE_URL, DATABASE_PASSWORD_FILE });
    return stockops();
  }
  if (!existsSync(dataFolder(folder))) {
    throw new Error(
      `there is no database in ${folder} yet; make it: npm start, or set STOCK_FOLDER to the folder of another`,
    );
  }
  const release = await claimFolder(folder);
  const server = await EmbeddedPostgres.start({ folder });
  try {
    offerOperationsVariables({
      DATABASE_URL: server.url('stockdb'),
      DATABASE_PASSWORD_FILE: path.join(folder, 'database-password'),
    });
    await stockops();
  } finally {
    await server.stop();
    await release();
  }
}

run().catch((error: Error) => {
  process.stderr.write(`stockops: ${error.message}\n`);
  process.exitCode = exitCodes.failed;
});
