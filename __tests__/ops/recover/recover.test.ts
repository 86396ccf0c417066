import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { UsageError } from '../../../app/src/runtime/usage-error';
import { FolderStore } from '../../../ops/src/backup/folder-store';
import { CannotTell, Refusal } from '../../../ops/src/failures';
import { baseFolder, firstLogFile, logFolder, makePoints, secondLogFile } from '../wal/made-points';
import { copyId, FakeMachine, secretKey } from './fake-machine';
import { FolderAsBucket } from './folder-as-bucket';

// Each run starts dozens of programs.
jest.setTimeout(120_000);

describe('recover', () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await FakeMachine.start();
  });
  afterEach(() => machine.stop());

  const journalOf = () => path.join(machine.root, '.local/recover/local/journal.json');
  const nothingWasDone = () => {
    expect(machine.world).toMatchObject({ containers: [], applied: [], copies: [] });
    expect(existsSync(path.dirname(journalOf()))).toBe(false);
  };

  test('brings an environment back: stacks in their order, the copy, the application after its data', async () => {
    const { journal } = await machine.recover();
    expect(machine.world).toMatchObject({
      applied: ['local-data', 'local-backup', 'local-application'],
      copies: [copyId],
      rows: 42,
      restored: 1,
    });
    expect(journal?.content.steps.map(({ name }) => name)).toEqual([
      'secrets',
      'apply local-data',
      'apply local-backup',
      'receive',
      'restore',
      'tidy',
      'apply local-application',
      'answers',
      'counts',
      'read',
    ]);
    expect(readFileSync(path.join(machine.root, '.local/secrets/local/api/secret-key'), 'utf8')).toBe(secretKey);
    expect(machine.asked.at(-1)).toBe('/api/v1/stocks?limit=1 sk_abcdefghijkl_secret');
    expect(machine.commands).toContain('apikey revoke abcdefghijkl');
    expect(machine.commands).not.toContain(secretKey);
  });

  test('changes nothing while somebody else works on the environment', async () => {
    const now = new Date().toISOString();
    const who = { owner: 'ada', host: hostname(), processId: process.ppid, since: now, heartbeatAt: now };
    await machine.shelf.write('lock', JSON.stringify({ id: 'a1', ...who, command: 'deploy local' }), undefined);
    await expect(machine.recover()).rejects.toThrow(/^ada on .* works on it since .*: deploy local/);
    nothingWasDone();
  });

  test('that failed goes on from there, and restores once', async () => {
    machine.change({ failing: 'local-application' });
    await expect(machine.recover()).rejects.toThrow(/Terraform ended with 1 on .*the registry does not answer/s);
    expect(machine.world.applied).toEqual(['local-data', 'local-backup']);
    machine.change({ failing: '' });
    await machine.recover({ environment: undefined, from: undefined });
    expect(machine.world.applied).toEqual(['local-data', 'local-backup', 'local-application']);
    expect(machine.world.restored).toBe(1);
  });

  test('sees that a restore came to its end, which nobody wrote down', async () => {
    machine.change({ failing: 'local-backup' });
    await expect(machine.recover()).rejects.toThrow('Terraform ended');
    machine.change({ failing: '', rows: 42, copies: [copyId] });
    const { journal } = await machine.recover();
    expect(machine.world.restored).toBeUndefined();
    expect(journal?.step('restore')).toMatchObject({ found: 'so already' });
  });

  test('restores over nothing that somebody wrote meanwhile', async () => {
    machine.change({ failing: 'local-backup' });
    await expect(machine.recover()).rejects.toThrow('Terraform ended');
    machine.change({ failing: '', rows: 7 });
    await expect(machine.recover()).rejects.toThrow(`7 rows in 1 tables, and they are not those of ${copyId}`);
    expect(machine.world).toMatchObject({ rows: 7, applied: ['local-data', 'local-backup'] });
  });

  test('names what it would do, and does nothing, when it is only to look', async () => {
    const { plan, journal } = await machine.recover({ isDry: true });
    expect(journal).toBeUndefined();
    expect([...new Set(plan.steps.map(({ phase }) => phase))]).toEqual([
      'infrastructure',
      'data',
      'services',
      'verification',
    ]);
    expect(plan.steps[1]?.text).toBe('the stack local-data, by Terraform');
    nothingWasDone();
  });

  test('asks before it changes anything', async () => {
    const confirm = () => Promise.reject(new UsageError('not typed'));
    await expect(machine.recover({ confirm })).rejects.toThrow('not typed');
    nothingWasDone();
  });

  test('refuses a target with data, and names it', async () => {
    machine.change({ volumes: ['stock-analysis-postgres-data', 'another'] });
    const refused = machine.recover();
    await expect(refused).rejects.toThrow(Refusal);
    await expect(refused).rejects.toThrow(
      /is not empty of local: the volume stock-analysis-postgres-data\..*stockops restore.*npm run destroy -- local/,
    );
    expect(machine.world.applied).toEqual([]);
  });

  test('refuses a copy that is damaged, naming the others', async () => {
    const file = path.join(machine.store, copyId, 'roles.sql');
    appendFileSync(file, 'x');
    await expect(machine.recover()).rejects.toThrow(/is damaged: roles.sql has 24 bytes, 23 were written.*--backup/);
    nothingWasDone();
    expect(readdirSync(path.join(machine.store, copyId)).sort()).toEqual(['manifest.json', 'roles.sql']);
  });

  test('refuses what was copied under another key, unless it is told to go on', async () => {
    process.env.SECRET_KEY = 'another key, which is as long as the old';
    await expect(machine.recover()).rejects.toThrow(/needs the SECRET_KEY with the fingerprint .* SECRET_KEY_FILE/);
    delete process.env.SECRET_KEY;
    await expect(machine.recover()).rejects.toThrow('none is given');
    nothingWasDone();
    const { plan } = await machine.recover({ despiteKeys: true, isDry: true });
    expect(plan.keys.join()).toContain('every API key is void');
  });

  test.each<[string, object, new (text: string) => Error, RegExp]>([
    ['the embedded product', { environment: 'embedded' }, UsageError, /npm run stockops -- restore/],
    [
      'a name that is a path',
      { environment: '../x' },
      UsageError,
      /there is no environment '\.\.\/x'; allowed: local$/,
    ],
    ['no store', { from: undefined }, UsageError, /--from FOLDER/],
    ['a folder that is not there', { from: '/nowhere/at/all' }, CannotTell, /cannot be read \(ENOENT\)/],
    ['a folder that is no store', { from: path.join(__dirname) }, Refusal, /has no stockops-store.json/],
    ['another bucket', { from: 's3://other/copies' }, UsageError, /keeps its copies in \/backup\/store/],
    [
      'a copy that is not there',
      { copy: '20200101T000000Z-000000' },
      Refusal,
      /there is no copy 20200101T000000Z-000000/,
    ],
    ['nothing that was begun', { environment: undefined }, UsageError, /no recovery was begun here/],
  ])('refuses %s', async (_title, changes, kind, reason) => {
    const refused = machine.recover(changes);
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toBeInstanceOf(kind);
    nothingWasDone();
  });

  test('cannot tell where the engine does not answer', async () => {
    machine.change({ away: true });
    await expect(machine.recover()).rejects.toBeInstanceOf(CannotTell);
    nothingWasDone();
  });

  test('brings the database back as it was at a moment, by a base backup and the log', async () => {
    await makePoints(new FolderStore(machine.store));
    const copy = '2026-11-26T03:30:00.000Z';
    const { plan, journal } = await machine.recover({ copy });
    expect(plan.chosen.text).toMatch(/^as it was at 2026-11-26 11:30:00 \+08, from the base backup .*every file read$/);
    expect(plan.keys.join()).toContain('is here');
    expect(machine.world).toMatchObject({
      received: [
        'stockops-store.json',
        `${baseFolder}/base.json`,
        `${baseFolder}/base.tar.gz`,
        `${logFolder}/${firstLogFile}.gz`,
        `${logFolder}/${secondLogFile}.partial.gz`,
      ],
      moment: copy,
      restored: 1,
    });
    expect(journal?.step('restore')?.found).toContain('every row compared');
    expect(journal?.content).toMatchObject({ copy, snapshotAt: copy });
  });

  test('reads a bucket itself, encrypted points in time too, and sends nothing of it to the workload', async () => {
    const [ours, others] = [await generateX25519Identity(), await generateX25519Identity()];
    await makePoints(new FolderStore(machine.store), [await identityToRecipient(ours)]);
    const bucket = await FolderAsBucket.start(machine.store, 'stock/local');
    try {
      const from = 's3://copies/stock/local';
      machine.keepCopiesIn(from, bucket.endpoint);
      const copied = await machine.recover({ from, isDry: true });
      expect(copied.plan.chosen.copy).toBe(copyId);
      const toAMoment = { from, copy: '2026-11-26T03:30:00.000Z', isDry: true };
      process.env.BACKUP_AGE_IDENTITY = ours;
      const { plan } = await machine.recover(toAMoment);
      expect(plan.steps.map(({ name }) => name)).not.toContain('receive');
      expect(plan.steps.map(({ text }) => text)).toContain('the database, as it was at 2026-11-26T03:30:00.000Z');
      process.env.BACKUP_AGE_IDENTITY = others;
      await expect(machine.recover(toAMoment)).rejects.toThrow('encrypted for others');
    } finally {
      await bucket.stop();
    }
    nothingWasDone();
  });

  test('refuses a moment that nothing reaches', async () => {
    await expect(machine.recover({ copy: '2026-11-26T03:30:00.000Z' })).rejects.toThrow('has no base backup');
    nothingWasDone();
  });

  test('goes on with another copy or moment as long as none was restored, and not after', async () => {
    await makePoints(new FolderStore(machine.store));
    machine.change({ failing: 'local-backup' });
    await expect(machine.recover()).rejects.toThrow('Terraform ended');
    const copy = '2026-11-26T03:30:00.000Z';
    machine.change({ failing: 'local-application' });
    await expect(machine.recover({ copy })).rejects.toThrow('Terraform ended');
    expect(machine.world).toMatchObject({ applied: ['local-data', 'local-backup'], moment: copy, restored: 1 });
    await expect(machine.recover({ copy: copyId })).rejects.toThrow(
      new RegExp(`of ${copy}, was begun at .*--resume.*journal.json`),
    );
  });
});
