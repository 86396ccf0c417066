const { availableParallelism } = require('node:os');

// Packages that ship ES modules only; jest's loader needs them as CommonJS.
const esModules = [
  '@noble',
  '@scure',
  'age-encryption',
  'content-disposition',
  'cookie',
  'hyparquet',
  'hyparquet-writer',
  'is-network-error',
  'node-pg-migrate',
  'p-retry',
  'typebox',
];

/** @type {import('jest').Config} */
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  // Many tests work on a real database or start processes; on a busy machine these take their time.
  testTimeout: 60_000,
  runtime: '<rootDir>/jest.runtime.js',
  // Commands are loaded when they run, under the name their file has once it is compiled.
  moduleNameMapper: {
    '^(\\.\\./(?:commands|backup|checks|deploy|restore|drill|keeper|ledger|look|place|recover|running|upgrade|wal|maintain|rotate|host)/.+)\\.js$':
      '$1',
  },
  transform: {
    '\\.m?[jt]s$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`node_modules/(?!(${esModules.join('|')})/)`],
};

/** @type {import('jest').Config} */
module.exports = {
  // Tests wait for processes about as long as they compute, and on two cores jest would use one worker.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  // Jest reads it here; configurations that take one project alone have it from there.
  testTimeout: shared.testTimeout,
  testSequencer: '<rootDir>/jest.sequencer.js',
  projects: [
    { ...shared, displayName: 'infrastructure', testMatch: ['<rootDir>/__tests__/**/*.test.ts'] },
    {
      ...shared,
      displayName: 'app',
      testMatch: ['<rootDir>/app/test/**/*.test.ts', '<rootDir>/ops/test/**/*.test.ts'],
      globalSetup: '<rootDir>/app/test/support/before-all.ts',
      globalTeardown: '<rootDir>/app/test/support/after-all.ts',
      setupFilesAfterEnv: ['<rootDir>/app/test/support/record-statements.ts'],
    },
  ],
};
