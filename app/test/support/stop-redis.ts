import { stopRedis } from './start-redis';

export default (): Promise<void> => stopRedis();
