import { stopPostgres } from './start-postgres';

export default (): Promise<void> => stopPostgres();
