// Loaded into a process of Node before a file of TypeScript that it is to run, as JavaScript: it makes TypeScript readable.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const options = { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };

/** What is compiled once is kept for the processes after it, by what it is made of. */
const kept = path.join(__dirname, '../../../node_modules/.cache/run-typescript');
const nameOf = (...parts) => createHash('sha1').update(parts.join('\0')).digest('hex');

function readKept(name) {
  try {
    return readFileSync(path.join(kept, name));
  } catch {
    return undefined;
  }
}

/** In one step: several processes write the same. */
function keep(name, content) {
  const draft = path.join(kept, `${name}-${process.pid}`);
  mkdirSync(kept, { recursive: true });
  writeFileSync(draft, content);
  renameSync(draft, path.join(kept, name));
  return content;
}

Module._extensions['.ts'] = (module, file) => {
  const text = readFileSync(file, 'utf8');
  const name = `${nameOf(text, JSON.stringify(options))}.js`;
  const compiled = readKept(name) ?? keep(name, require('@swc/core').transformSync(text, options).code);
  module._compile(String(compiled), file);
};

// A command is loaded when it runs, under the name that its file has once it is compiled.
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...rest) => {
  try {
    return resolve(name, ...rest);
  } catch (error) {
    if (!/^\..*\.js$/.test(name)) throw error;
    return resolve(name.replace(/\.js$/, '.ts'), ...rest);
  }
};

// The bindings of the providers are 26 MB of text, which V8 reads for two seconds; what it makes of them is kept too.
const load = Module._extensions['.js'];
const unkept = new Map();
process.on('exit', () => {
  for (const [name, script] of unkept) keep(name, script.createCachedData());
});
Module._extensions['.js'] = (module, file) => {
  if (!file.includes('node_modules/@cdktf/')) return load(module, file);
  const { size, mtimeMs } = statSync(file);
  const name = `${nameOf(file, size, mtimeMs, process.version)}.v8`;
  const cachedData = readKept(name);
  const script = new vm.Script(Module.wrap(readFileSync(file, 'utf8')), { filename: file, cachedData });
  if (!cachedData || script.cachedDataRejected) unkept.set(name, script);
  const words = [module.exports, Module.createRequire(file), module, file, path.dirname(file)];
  script.runInThisContext().apply(module.exports, words);
};
