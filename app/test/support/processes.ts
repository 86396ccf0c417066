import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

interface RunningProcess {
  id: number;
  command: string;
}

function commandOf(id: number): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    // It has ended since.
    return '';
  }
}

function listProcesses(): RunningProcess[] {
  if (existsSync('/proc/self/cmdline')) {
    const ids = readdirSync('/proc').map(Number).filter(Boolean);
    return ids.map((id) => ({ id, command: commandOf(id) }));
  }
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,args=']).toString().split('\n');
  return lines.map((line) => ({ id: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '') }));
}

/** Other processes whose command names the text. */
export const processesNaming = (text: string): RunningProcess[] =>
  listProcesses().filter(({ id, command }) => id !== process.pid && command.includes(text));

/** The processes that still name the text when the time is up; none as soon as there are none. */
export async function processesLeft(text: string, limitSeconds: number): Promise<RunningProcess[]> {
  const deadline = Date.now() + limitSeconds * 1000;
  while (processesNaming(text).length > 0 && Date.now() < deadline) await sleep(50);
  return processesNaming(text);
}
