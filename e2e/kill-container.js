// node -e, where every process of the machine is seen: kills the main process of the container that is named, with SIGKILL.
const { readdirSync, readFileSync } = require('node:fs');

const container = process.argv[1];

const read = (id, file) => {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8');
  } catch {
    return '';
  }
};
const main = readdirSync('/proc').filter(
  (id) => /^\d+$/.test(id) && read(id, 'cgroup').includes(container) && /^NSpid:.*\s1$/m.test(read(id, 'status')),
);
if (main.length !== 1) throw new Error(`${main.length} main processes of ${container}`);
process.kill(Number(main[0]), 'SIGKILL');
