// Stands for `docker` and for `terraform`, by the name it is called under: what they did is in the file of FAKE_WORLD.
const { execFileSync } = require('node:child_process');
const { readFileSync, writeFileSync, appendFileSync } = require('node:fs');
const { basename } = require('node:path');

const file = process.env.FAKE_WORLD;
const world = JSON.parse(readFileSync(file, 'utf8'));
const [name, ...words] = [basename(process.argv[1]), ...process.argv.slice(2)];
const asked = words.join(' ');
const save = () => writeFileSync(file, JSON.stringify(world));
const print = (value) => process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
const fail = (text) => {
  process.stderr.write(text);
  process.exit(1);
};

const stackHere = () => basename(process.cwd());
const resources = () => JSON.parse(readFileSync('cdk.tf.json', 'utf8')).resource;

function terraform() {
  if (words[0] === 'apply') {
    if (world.failing === stackHere()) fail('Error: the registry does not answer');
    const { docker_container = {}, docker_volume = {} } = resources();
    const add = (list, made) => list.push(...made.filter((each) => !list.includes(each)));
    add(
      world.containers,
      Object.values(docker_container).map((each) => each.name),
    );
    add(
      world.volumes,
      Object.values(docker_volume).map((each) => each.name),
    );
    world.applied.push(stackHere());
    save();
  }
}

function stockops([first, second, third]) {
  const answer = (ok, rest = {}) => {
    print({ schemaVersion: 1, ok, ...rest });
    process.exitCode = ok ? 0 : 1;
  };
  if (first === 'backup' && second === 'list')
    return answer(true, { copies: world.copies.map((id) => ({ id, snapshotAt: world.moment, state: 'verified' })) });
  if (first === 'backup' && second === 'receive-points') {
    world.received = execFileSync('tar', ['--list'], { input: readFileSync(0), encoding: 'utf8' })
      .trim()
      .split('\n');
    save();
    return answer(true, { files: world.received.length });
  }
  if (first === 'backup' && second === 'receive') {
    readFileSync(0);
    world.copies.push(third);
    save();
    return answer(true, { state: 'verified' });
  }
  if (second === 'compare')
    return answer(words.includes('--tables') || world.rows === 42, { tables: world.rows ? 1 : 0, rows: world.rows });
  if (second === 'forget') return answer(true, { dropped: ['stock_before_a_day'] });
  if (second === '--time') {
    world.moment = third;
    world.copies.push('20261126T033000Z-0f0f0f');
  }
  world.rows = 42;
  world.restored = (world.restored ?? 0) + 1;
  save();
  return answer(true, { seconds: 0.1 });
}

function docker() {
  if (words[0] === 'version') return world.isAway ? fail('Cannot connect') : print('28');
  if (asked.startsWith('container ls')) return print(world.containers.join('\n'));
  if (words[0] === 'volume') return print(world.volumes.join('\n'));
  if (words[0] === 'container') {
    const there = words.slice(2).filter((each) => world.containers.includes(each));
    return print(there.map((each) => ({ Name: `/${each}`, State: { Status: 'running' } })));
  }
  const inside = words.slice(words.indexOf('-i') === 1 ? 3 : 2);
  if (inside[0] === 'stockops') return stockops(inside.slice(1));
  if (inside.includes('create')) return print('sk_abcdefghijkl_secret');
  return print('');
}

appendFileSync(`${file}.log`, `${name} ${asked}\n`);
if (name === 'terraform') terraform();
else docker();
