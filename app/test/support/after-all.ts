import { removeCompiled } from './compiled';
import { stopPostgres } from './start-postgres';

export default async function cleanUp(): Promise<void> {
  await stopPostgres();
  removeCompiled();
}
