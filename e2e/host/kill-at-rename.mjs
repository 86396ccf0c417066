// Kills this process as it gives the file of a number its name: half of what it does is done then.
import { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { rename } = promises;
let count = 0;

promises.rename = (from, to) => {
  count += String(from).endsWith('.stockops') ? 1 : 0;
  if (count === Number(process.env.KILLED_AT)) process.kill(process.pid, 'SIGKILL');
  return rename(from, to);
};
syncBuiltinESMExports();
