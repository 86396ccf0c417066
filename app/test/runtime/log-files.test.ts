import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Role } from '../../src/runtime/env';
import { lostLogRecords, openLogFiles } from '../../src/runtime/log-files';
import { createLogger } from '../../src/runtime/logging';

describe('log files', () => {
  let folder: string;
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'stock-analysis-logs-')), 'logs');
  });
  afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

  const messagesIn = (file: string): string[] =>
    readFileSync(path.join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).message);

  async function write(role: Role): Promise<string[]> {
    const printed: string[] = [];
    const output = { write: (line: string) => void printed.push(JSON.parse(line).message) };
    const files = openLogFiles(folder, role, (error) => printed.push(error.message), output);
    const logger = createLogger('stock-analysis-test', 'INFO', files.stream);
    logger.info('started');
    logger.info({ url: { path: '/health' } }, 'request');
    logger.error('request failed');
    await files.close();
    return printed;
  }

  test.each<[Role, string]>([
    ['api', 'api.log'],
    ['worker', 'celery.log'],
    ['scheduler', 'system.log'],
  ])('of %s keep its own records in %s, requests and errors apart', async (role, file) => {
    expect(await write(role)).toEqual(['started', 'request', 'request failed']);
    expect(messagesIn(file)).toEqual(['started', 'request failed']);
    expect(messagesIn('access.log')).toEqual(['request']);
    expect(messagesIn('error.log')).toEqual(['request failed']);
  });

  test('can be read by everybody and written by the owner', async () => {
    await write('api');
    for (const file of ['api.log', 'access.log', 'error.log']) {
      expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o644);
    }
  });

  test('of a day that is over are compressed under its date, and a new file begins', async () => {
    await write('api');
    const log = path.join(folder, 'api.log');
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
    utimesSync(log, yesterday, yesterday);
    await write('api');
    const archive = readdirSync(folder).filter((name) => /^api-\d{8}\.log\.gz$/.test(name));
    expect(archive).toHaveLength(1);
    const kept = gunzipSync(readFileSync(path.join(folder, archive[0] as string))).toString();
    expect(kept.split('\n').filter((line) => line !== '')).toHaveLength(2);
    expect(statSync(path.join(folder, archive[0] as string)).mode & 0o777).toBe(0o644);
    expect(messagesIn('api.log')).toEqual(['started', 'request failed']);
  });

  test('are kept for thirty days', async () => {
    await write('api');
    const names = Array.from({ length: 35 }, (_, index) => `api-202001${String(index + 1).padStart(2, '0')}.log.gz`);
    for (const name of names) writeFileSync(path.join(folder, name), '');
    writeFileSync(path.join(folder, '.api-files'), names.map((name) => `${path.join(folder, name)}\n`).join(''));
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
    utimesSync(path.join(folder, 'api.log'), yesterday, yesterday);
    await write('api');
    expect(readdirSync(folder).filter((name) => name.startsWith('api-'))).toHaveLength(30);
  });

  test('that cannot be written are tried again later, their losses counted, and do not keep the process', async () => {
    const lost = async (file: string) =>
      (await lostLogRecords.get()).values.find(({ labels }) => labels.file === file)?.value ?? 0;
    const lostBefore = await lost('api');
    mkdirSync(path.join(folder, 'api.log'), { recursive: true });
    const clock = jest.spyOn(performance, 'now');
    const complaints: string[] = [];
    const files = openLogFiles(folder, 'api', (error) => complaints.push(error.message), { write: () => undefined });
    const logger = createLogger('stock-analysis-test', 'INFO', files.stream);
    logger.info('lost');
    while (complaints.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    logger.error('lost too');
    expect(complaints[0]).toContain('it is not a file');
    expect(await lost('api')).toBe(lostBefore + 2);
    rmdirSync(path.join(folder, 'api.log'));
    logger.info('too soon');
    const later = performance.now() + 11_000;
    clock.mockImplementation(() => later);
    logger.info('written again');
    clock.mockRestore();
    await files.close();
    expect(messagesIn('api.log')).toEqual(['written again']);
    expect(messagesIn('error.log')).toEqual(['lost too']);
    expect(await lost('api')).toBe(lostBefore + 3);
  });

  test('whose folder fails until the end do not keep the process from ending', async () => {
    mkdirSync(path.join(folder, 'api.log'), { recursive: true });
    let failed = false;
    const files = openLogFiles(folder, 'api', () => {
      failed = true;
    });
    while (!failed) await new Promise((resolve) => setTimeout(resolve, 10));
    await files.close();
  });

  test('need a folder, and say so', () => {
    writeFileSync(folder, 'a file where the folder should be');
    expect(() => openLogFiles(folder, 'api', () => undefined)).toThrow(
      `LOG_DIR: got '${folder}' (EEXIST); allowed: a folder this process may write to`,
    );
  });
});
