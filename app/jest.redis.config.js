const { projects } = require('../jest.config.js');

// The tests that need a redis-server on the PATH, apart from those that run anywhere.
/** @type {import('jest').Config} */
module.exports = {
  ...projects.find(({ displayName }) => displayName === 'app'),
  // One file after the other: some freeze the servers that all of them use.
  maxWorkers: 1,
  testMatch: ['<rootDir>/app/test/**/*.redis.ts'],
  globalSetup: '<rootDir>/app/test/support/start-redis.ts',
  globalTeardown: '<rootDir>/app/test/support/stop-redis.ts',
};
