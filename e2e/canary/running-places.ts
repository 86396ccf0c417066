import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Child, type Cleanup } from '../../bench/child';
import { stockops, type Variables } from '../backup/stockops';
import { roleNames, type System } from '../faults/system';
import { filesBelow } from './files';
import type { Piece, Place } from './place';
import { newDecoy, newText } from './planted';
import { processList } from './process-list';

const wrongs = ['', 'wrong', 'Bearer wrong', 'sk_000000000000_wrong'];
const hold = 'setTimeout(() => undefined, 3_600_000)';

/** Asks for what is there and for what is not, with keys that are right and wrong. @returns what was answered */
export async function provoke(system: System, decoy: string): Promise<Piece[]> {
  const paths = [
    '/health',
    '/openapi.json',
    '/api/v1/stocks?limit=5',
    '/api/v1/monitor',
    `/${decoy}`,
    '/api/v1/jobs?limit=x',
  ];
  const keys = [system.apiKey, ...wrongs];
  const pieces: Piece[] = [];
  for (const path of paths) {
    for (const key of keys) {
      const answer = await fetch(`${system.url}${path}`, {
        headers: { 'x-api-key': key, authorization: `Bearer ${key}` },
      });
      const text = JSON.stringify([...answer.headers]) + (await answer.text());
      pieces.push({ from: `answer to ${path}`, text });
    }
  }
  return pieces;
}

/** Servers turn the application away, and what it says of that is looked at too. */
export async function breakConnections(system: System): Promise<void> {
  for (const server of ['postgres', 'cache', 'queue'] as const) system.address(server).cut();
  await system.rotateDatabase(newText());
  await system.rotateRedis('queue', newText());
}

export const answers = (pieces: readonly Piece[], decoy: string): Place => ({
  ...{ name: 'answers of the API', decoy, read: () => pieces },
});

/** Of API, worker, scheduler, PostgreSQL and both Redis. */
export const logs = (system: System, decoy: string): Place => ({
  name: 'logs',
  decoy,
  read: () => filesBelow(system.folder, (file) => /\.log(\.\d+)?$/.test(file) || file.includes('/logs/')),
});

/** Of each role; a page of the search's own has the decoy. */
export async function metrics(system: System, cleanup: Cleanup): Promise<Place> {
  const decoy = newDecoy();
  const page = createServer((_request, response) => response.end(`decoy{text="${decoy}"} 1\n`)).listen(0, '127.0.0.1');
  cleanup.add(async () => void page.close());
  await new Promise((resolve) => page.once('listening', resolve));
  const ports = [...roleNames.map((role) => system.ports[role]), (page.address() as AddressInfo).port];
  return {
    name: 'metrics',
    decoy,
    async *read() {
      for (const port of ports) {
        for (const what of ['metrics', 'health']) {
          const from = `http://127.0.0.1:${port}/${what}`;
          yield { from, text: await (await fetch(from)).text() };
        }
      }
    },
  };
}

/** Arguments and environments of all that runs; a process of the search's own has the decoy among both. */
export function processes(system: System, cleanup: Cleanup): Place {
  const decoy = newDecoy();
  const logFile = path.join(system.folder, 'decoy.out');
  const child = new Child('decoy', process.execPath, ['-e', hold, decoy], { logFile, env: { DECOY: decoy } });
  cleanup.add(() => child.stop());
  return { name: 'process list', decoy, read: processList };
}

/** A copy of the database that is not encrypted, with what makes it; the name of an API key is the decoy. */
export async function copyInClear(system: System): Promise<Place> {
  const decoy = newDecoy();
  await system.sql(`INSERT INTO job (type, request, state) VALUES ('ingest', $1, 'completed')`, [{ decoy }]);
  const [store, work] = ['copies', 'copy-work'].map((name) => path.join(system.folder, name)) as [string, string];
  for (const folder of [store, work]) mkdirSync(folder);
  const variables: Variables = {
    ...{ STOCK_ENVIRONMENT: 'canary', BACKUP_STORE: store, BACKUP_WORK: work, BACKUP_METHOD: 'copy' },
    ...system.ownDatabase(),
  };
  const said: Piece[] = [];
  for (const words of [
    ['backup', 'init'],
    ['backup', 'create', '--json'],
  ]) {
    const { exitCode, stdout, stderr } = await stockops(words, variables);
    if (exitCode !== 0) throw new Error(`stockops ${words.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
    said.push({ from: `what stockops ${words.join(' ')} said`, text: stdout + stderr });
  }
  return { name: 'a copy in clear', decoy, read: () => [...said, ...filesBelow(store)] };
}
