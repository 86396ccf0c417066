import { writeFileSync } from 'node:fs';
import { embeddedRulesFile, renderEmbeddedRules } from './embedded-rules';

writeFileSync(embeddedRulesFile, renderEmbeddedRules());
