const { projects } = require('../jest.config.js');

// The tests that need Chromium on the PATH, apart from those that run anywhere.
/** @type {import('jest').Config} */
module.exports = {
  ...projects.find(({ displayName }) => displayName === 'app'),
  testMatch: ['<rootDir>/app/test/**/*.browser.ts'],
};
