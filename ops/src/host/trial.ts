import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readStored, writeStored } from '../backup/stored-json';
import { Refusal } from '../failures';
import { runWell } from '../place/tool';
import type { HostRoot } from './host-root';
import type { PacketFilter } from './packet-filter';
import { writeWhole } from './record';

const folder = '/run/stockops';
/** Each trial has a name of its own, so that what ends one cannot end the next. */
const nameForm = /^firewall-[0-9a-f]{8}\.json$/;
const schema = z.strictObject({ rules: z.string(), until: z.iso.datetime() });

/** Rules that are loaded until a moment, unless somebody confirms them. */
export type Trial = z.infer<typeof schema> & { file: string };

/** The rules that wait to be confirmed. */
export async function trialOf(root: HostRoot): Promise<Trial | undefined> {
  const name = (await root.names(folder)).find((each) => nameForm.test(each));
  const file = `${folder}/${name}`;
  const found = name && readStored(schema, await root.read(file));
  return found ? { ...found, file } : undefined;
}

/**
 * Loads rules, and has them taken away again by a process of its own: one that goes on when this session is cut off. It is there before the
 * rules are.
 */
export async function beginTrial(root: HostRoot, filter: PacketFilter, rules: string, seconds: number): Promise<Trial> {
  const file = `${folder}/firewall-${randomBytes(4).toString('hex')}.json`;
  const trial = { rules, until: new Date(Date.now() + seconds * 1000).toISOString() };
  await root.requireNoLinks(file);
  await mkdir(path.dirname(root.at(file)), { recursive: true, mode: 0o755 });
  await writeWhole(root.at(file), writeStored(trial));
  await takeAwayLater(root, filter, file, seconds);
  try {
    await filter.load(rules);
  } catch (error) {
    await endTrial(root);
    throw error;
  }
  return { ...trial, file };
}

/**
 * Ends a trial: its rules stay. Who takes its file away has decided, this program or the process that waits.
 *
 * @throws Refusal where there is none, or the time is over
 */
export async function endTrial(root: HostRoot): Promise<Trial> {
  const trial = await trialOf(root);
  const isDecided = trial ? await unlink(root.at(trial.file)).then(yes, no) : false;
  if (trial && isDecided) return trial;
  throw new Refusal(
    'no rules of the firewall wait to be confirmed: they were taken away when their time was over, or never applied; begin again: stockops host apply',
  );
}

const [yes, no] = [() => true, () => false];

async function takeAwayLater(root: HostRoot, filter: PacketFilter, file: string, seconds: number): Promise<void> {
  const script = `sleep ${seconds}; rm '${root.at(file)}' 2>/dev/null && { ${filter.commandToFollow(root)}; }`;
  // A service of the system is not ended with the session.
  if (root.isLive && (await root.has('/run/systemd/system'))) {
    await runWell('systemd-run', ['--quiet', '--collect', '--description=stockops host apply', 'sh', '-c', script]);
    return;
  }
  spawn('sh', ['-c', script], { detached: true, stdio: 'ignore', cwd: '/' }).unref();
}
