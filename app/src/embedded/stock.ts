import { appRole, type DatabaseRole, ownerRole, readRole } from '../database/roles';
import { givenFolder, offerVariables } from '../runtime/env';
import { defaultFolder, readEnvironmentFile } from './environment-file';

// The command line as `npm run stock` starts it: where nothing else is given, it works on what `npm start` runs.

/** Who may do what a command does, where it is not the role of the worker. */
const roles = new Map<string | undefined, DatabaseRole>([
  ['migrate', ownerRole],
  ['db', ownerRole],
  ['apikey', readRole],
  ['export', readRole],
]);

offerVariables(readEnvironmentFile(givenFolder() ?? defaultFolder, roles.get(process.argv[2]) ?? appRole));
import('../stock.js');
