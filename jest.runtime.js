const { createRequire } = require('node:module');
const { default: Runtime } = require('jest-runtime');

// Large, and nothing that a test does to them can be seen by the next.
const shared = /^(cdktf|constructs|zod|typebox|@cdktf\/[^/]+|@grafana\/grafana-foundation-sdk)(\/|$)/;

/**
 * Loads a few large packages once for all test files of a worker; jest would compile and run them anew for each, which took
 * half of the time of the infrastructure's tests.
 */
module.exports = class extends Runtime {
  requireModuleOrMock(from, name) {
    return shared.test(name) ? createRequire(from)(name) : super.requireModuleOrMock(from, name);
  }
};
