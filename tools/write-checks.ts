import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderPage } from '../ops/src/checks/page';

writeFileSync(path.join(__dirname, '../docs/checks.md'), renderPage());
