const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const { default: Runtime } = require('jest-runtime');
// Node then reads TypeScript too.
require('./app/test/support/run-typescript.cjs');

// Nothing that a test does to them can be seen by the next: large packages; what describes the platform, which holds no
// state and reads neither the clock nor the environment; and the sample, whose prices depend on nothing but the day.
const sharedPackages =
  /^(cdktf|constructs|pinyin-pro|zod|typebox|@cdktf\/[^/]+|@grafana\/grafana-foundation-sdk)(\/|$)/;
const sharedFiles = ['config/', 'constructs/', 'stacks/', '__tests__/synthesized', 'app/src/sources/sample'].map(
  (name) => path.join(__dirname, name),
);

const isShared = (from, name) => {
  if (sharedPackages.test(name) || name.startsWith('stock-analysis-platform/')) return true;
  if (!/^[./]/.test(name)) return false;
  const file = path.resolve(path.dirname(from), name);
  return sharedFiles.some((each) => file.startsWith(each));
};

/**
 * Loads these once for all test files of a worker; jest would compile and run them anew for each, which took half of the
 * time of the infrastructure's tests. So the environments are synthesized once for a worker, too (`environmentSystem`).
 */
module.exports = class extends Runtime {
  requireModuleOrMock(from, name) {
    return isShared(from, name) ? createRequire(from)(name) : super.requireModuleOrMock(from, name);
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
