import fc from 'fast-check';
import { type Manifest, readManifest, sizeOf, writeManifest } from '../../../ops/src/backup/manifest';
import { Refusal } from '../../../ops/src/failures';

const id = '20261126T023000Z-4f1c9a';
const manifest: Manifest = {
  schemaVersion: 1,
  id,
  environment: 'production',
  method: 'pg_dump',
  startedAt: '2026-11-26T02:30:00.000Z',
  snapshotAt: '2026-11-26T02:30:00.500Z',
  finishedAt: '2026-11-26T02:31:00.000Z',
  server: { version: '18.1', major: 18, systemIdentifier: '7576', database: 'stockdb', lsn: '0/1A2B3C4' },
  application: { version: '0.1.0', migrations: ['0001_first', '0002_second'] },
  tool: 'pg_dump (PostgreSQL) 18.1',
  tables: [{ name: 'public.stock', rows: 5_000, hash: '-1234567890123456789' }],
  keys: [{ name: 'SECRET_KEY', fingerprint: '0123456789abcdef' }],
  recipients: [],
  files: [
    { path: 'database/toc.dat', bytes: 1_000, sha256: 'a'.repeat(64) },
    { path: 'roles.sql', bytes: 24, sha256: 'b'.repeat(64) },
  ],
};
const text = writeManifest(manifest);

/** The text with other values and the right sum, as one who knows how would write it. */
const withFile = (path: string) => ({
  ...manifest,
  files: [{ path, bytes: 1, sha256: 'a'.repeat(64) }],
});

describe('the manifest of a copy', () => {
  test('is read as it was written', () => {
    expect(readManifest(id, text)).toEqual(manifest);
    expect(sizeOf(manifest)).toBe(1_024);
  });

  test('is refused when any of its characters is another', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.constantFrom('0', 'f', ' ', '"', '}', '\u0000'), (at, character) => {
        fc.pre(text[at] !== character);
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        // White space between values is no part of what it says.
        fc.pre(!isSameValue(changed));
        expect(() => readManifest(id, changed)).toThrow(Refusal);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is refused when it ends early, at any of its bytes', () => {
    for (let length = 0; length < text.length - 2; length++) {
      expect(() => readManifest(id, text.slice(0, length))).toThrow(Refusal);
    }
  });

  test('is refused when a value is another, or one more is there', () => {
    const said = JSON.parse(text);
    const changes = [
      { ...said, environment: 'staging' },
      { ...said, tables: [{ ...said.tables[0], rows: 4_999 }] },
      { ...said, files: said.files.slice(1) },
      { ...said, more: true },
    ];
    for (const change of changes) {
      expect(() => readManifest(id, JSON.stringify(change))).toThrow(/use another copy, and see why this one changed$/);
    }
  });

  test('is refused below the name of another copy', () => {
    expect(() => readManifest('20261127T023000Z-4f1c9a', text)).toThrow(`is that of copy ${id}`);
  });

  test.each(['/etc/passwd', '../stock', 'a/../../b', 'a//b', '.', 'a/.hidden', 'a\\b', 'a b', ''])(
    'is never written with a file that no store would take: %p',
    (path) => {
      expect(() => writeManifest(withFile(path))).toThrow('files.0.path');
    },
  );
});

const isSameValue = (changed: string): boolean => {
  try {
    return JSON.stringify(JSON.parse(changed)) === JSON.stringify(JSON.parse(text));
  } catch {
    return false;
  }
};
