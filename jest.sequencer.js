const { default: Sequencer } = require('@jest/test-sequencer');

const longest = [
  'app/test/embedded/embedded.test.ts',
  'app/test/roles/roles.test.ts',
  'app/test/embedded/embedded-terminal.test.ts',
  '__tests__/ops/deploy/deploy.test.ts',
  '__tests__/constructs/postgres/start.test.ts',
  'app/test/jobs/queue-on-postgres.test.ts',
  'ops/test/upgrade.test.ts',
  'app/test/import/import-file.test.ts',
  'ops/test/maintain.test.ts',
  'app/test/ingest/faults.test.ts',
  'app/test/commands/import.test.ts',
  'app/test/stock.test.ts',
  'ops/test/copies.test.ts',
  '__tests__/ops/preview/preview.test.ts',
  '__tests__/stacks/determinism.test.ts',
  '__tests__/main.test.ts',
  '__tests__/ops/command-line.test.ts',
  '__tests__/ops/recover/recover.test.ts',
  'app/test/ingest/ingest.test.ts',
  'app/test/access/database-share.test.ts',
];
const rank = ({ path }) => longest.findIndex((name) => path.endsWith(name)) + 1 || longest.length + 1;

/** Begins with the longest files, so that no worker is left with one at the end; jest knows them only where it has run before. */
module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
