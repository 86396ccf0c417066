const { createRequire } = require('node:module');
const vm = require('node:vm');
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

// The others run anew for each test file, but V8 reads the text of each once for a worker.
const compile = vm.compileFunction;
const known = new Map();
vm.compileFunction = (text, parameters, options) => {
  const before = known.get(options.filename);
  if (before?.text === text) return compile(text, parameters, { ...options, cachedData: before.data });
  const compiled = compile(text, parameters, { ...options, produceCachedData: true });
  known.set(options.filename, { text, data: compiled.cachedData });
  return compiled;
};
