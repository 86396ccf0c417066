// Loaded before a program: names of the suite lead to 127.0.0.1, and nowhere while the file NAMES_AWAY_FILE is there.
const dns = require('node:dns');
const { existsSync } = require('node:fs');
const asked = dns.lookup;

dns.lookup = (name, given, done) => {
  const [options, callback] = typeof given === 'function' ? [{}, given] : [given, done];
  if (!name.endsWith('.faults.test')) return asked(name, options, callback);
  if (existsSync(process.env.NAMES_AWAY_FILE)) {
    const error = new Error(`getaddrinfo EAI_AGAIN ${name}`);
    return process.nextTick(
      callback,
      Object.assign(error, { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: name }),
    );
  }
  const found = { address: '127.0.0.1', family: 4 };
  if (options.all) return process.nextTick(callback, null, [found]);
  return process.nextTick(callback, null, found.address, found.family);
};
