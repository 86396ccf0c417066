// node -e, where every process of the machine is seen: kills the main process of a container with SIGKILL, when another runs a program.
// Arguments: the container to kill, the container that runs the program, its name, and for how many seconds it is waited for.
const { readdirSync, readFileSync } = require('node:fs');

const [killed, busy, program, seconds] = process.argv.slice(1);

const read = (id, file) => {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8');
  } catch {
    return '';
  }
};
const processesOf = (container) =>
  readdirSync('/proc').filter((id) => /^\d+$/.test(id) && read(id, 'cgroup').includes(container));
const isBusy = () => processesOf(busy).some((id) => read(id, 'comm').trim() === program);
const mainOf = (container) => processesOf(container).filter((id) => /^NSpid:.*\s1$/m.test(read(id, 'status')));

const deadline = Date.now() + Number(seconds) * 1000;
const look = () => {
  if (isBusy()) {
    const found = mainOf(killed);
    for (const id of found) process.kill(Number(id), 'SIGKILL');
    console.log(found.length);
  } else if (Date.now() < deadline) setTimeout(look, 20);
  else throw new Error(`${program} was not run within ${seconds} s`);
};
look();
