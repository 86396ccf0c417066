import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Version of the application, from its package.json. */
export const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
};
