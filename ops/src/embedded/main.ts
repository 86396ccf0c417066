import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { ownerRole } from '../../../app/src/database/roles';
import { claimFolder } from '../../../app/src/embedded/claim-folder';
import { defaultFolder, readEnvironmentFile } from '../../../app/src/embedded/environment-file';
import { EmbeddedPostgres } from '../../../app/src/embedded/postgres';
import { dataFolder } from '../../../app/src/embedded/postgres-data';
import { givenFolder } from '../../../app/src/runtime/env';
import { tellFailure } from '../cli/answer';
import { isGiven, offerOperationsVariables } from '../environment';
import { Refusal } from '../failures';
import { commandIn, isJsonWanted, program } from '../program';

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

/** Gives back what was taken for the command. */
let release = async (): Promise<void> => undefined;

/** Offers a command what it needs of this machine's own environment; by then its words are known to be usable. */
async function prepare(words: string, [environment = 'embedded']: readonly unknown[]): Promise<void> {
  const [name = ''] = words.split(' ');
  // Without the name of another, maintain is of this machine's own.
  if (toldWhich.includes(name) || (name === 'maintain' && environment !== 'embedded')) return;
  offerOperationsVariables(variables);
  if (!ofDatabase.test(words) || isGiven('DATABASE_URL')) return;
  const { DATABASE_URL, DATABASE_PASSWORD_FILE } = readEnvironmentFile(folder, ownerRole);
  if (DATABASE_URL && DATABASE_PASSWORD_FILE) {
    if (!besideProduct.includes(name)) throw new Refusal(`the product runs; stop \`npm start\` first, then ${name}`);
    return offerOperationsVariables({ DATABASE_URL, DATABASE_PASSWORD_FILE });
  }
  await startDatabase();
}

async function startDatabase(): Promise<void> {
  if (!existsSync(dataFolder(folder))) {
    throw new Refusal(
      `there is no database in ${folder} yet; make it: npm start, or set STOCK_FOLDER to the folder of another`,
    );
  }
  const giveBack = await claimFolder(folder);
  release = giveBack;
  const server = await EmbeddedPostgres.start({ folder });
  release = () => server.stop().then(giveBack);
  offerOperationsVariables({
    DATABASE_URL: server.url('stockdb'),
    DATABASE_PASSWORD_FILE: path.join(folder, 'database-password'),
  });
}

async function run(words: readonly string[]): Promise<void> {
  program.hook('preAction', (_program: Command, { args }: Command) => prepare(commandIn(words), args));
  try {
    await program.parseAsync();
  } finally {
    await release();
  }
}

const words = process.argv.slice(2);
run(words).catch((error) => tellFailure(commandIn(words), { json: isJsonWanted(words) }, error));
