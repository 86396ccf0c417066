import { compile } from './compiled';
import { startPostgres } from './start-postgres';

/** What all test files share: the compiled application, and one PostgreSQL. */
export default async function prepare(): Promise<void> {
  compile();
  await startPostgres();
}
