import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { openInput, readText, type SizeLimit } from '../../src/import/input-file';
import { UsageError } from '../../src/runtime/usage-error';
import { header } from '../support/import';

const mebibyte = 1024 * 1024;
const unchosen: SizeLimit = { gibibytes: 1, isChosen: false };

const utf16 = (text: string, isBigEndian: boolean): Buffer => {
  const bytes = Buffer.from(text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
};
const tar = Buffer.concat([Buffer.from('daily.csv'.padEnd(257, '\0')), Buffer.from('ustar'), Buffer.alloc(250)]);

async function read(bytes: AsyncIterable<Buffer>, limit = unchosen): Promise<string> {
  let text = '';
  for await (const chunk of readText({ name: "'d.csv'", bytes }, limit, () => undefined)) text += chunk;
  return text;
}

async function* inChunks(content: Buffer | string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('a file to import', () => {
  test.each([
    ['nothing', '', 'is empty'],
    ['nothing, compressed', gzipSync(''), 'is empty'],
    ['xlsx', Buffer.from('PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml', 'latin1'), 'is an Excel workbook'],
    ['zip', Buffer.concat([Buffer.from('PK\x03\x04'), deflateRawSync(header)]), 'is a ZIP archive'],
    ['xls', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'is an old Excel workbook'],
    ['Parquet', 'PAR1\x15\x04', 'is a Parquet file'],
    ['Feather', 'ARROW1\0\0', 'is an Arrow or Feather file'],
    ['HDF5', Buffer.from('894844460d0a1a0a', 'hex'), 'is an HDF5 file'],
    ['pickle', Buffer.from('800495', 'hex'), 'is a Python pickle'],
    ['SQLite', 'SQLite format 3\0', 'is an SQLite database'],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), 'is compressed by xz, not CSV text; xzcat FILE | stock import -'],
    ['bzip2', 'BZh91AY&SY', 'is compressed by bzip2'],
    ['Zstandard', Buffer.from('28b52ffd0458', 'hex'), 'is compressed by Zstandard'],
    ['LZ4', Buffer.from('04224d18', 'hex'), 'is compressed by LZ4'],
    ['gzip in gzip', gzipSync(gzipSync(header)), 'is compressed by gzip twice'],
    ['7z', Buffer.from('377abcaf271c0004', 'hex'), 'is a 7-Zip archive'],
    ['rar', Buffer.from('526172211a0701', 'hex'), 'is a RAR archive'],
    ['tar', tar, 'is a tar archive'],
    ['tar.gz', gzipSync(tar), 'is a tar archive'],
    ['PDF', '%PDF-1.7', 'is a PDF document'],
    ['UTF-16 with a mark', utf16(`\uFEFF${header}`, false), 'is text in UTF-16'],
    ['UTF-16 with a mark, big endian', utf16(`\uFEFF${header}`, true), 'is text in UTF-16'],
    ['UTF-16', utf16(header, false), 'iconv -f UTF-16LE -t UTF-8'],
    ['UTF-16, big endian', utf16(header, true), 'iconv -f UTF-16BE -t UTF-8'],
    ['UTF-32', Buffer.from('fffe000074000000', 'hex'), 'is text in UTF-32'],
    ['zeros', Buffer.alloc(4096), 'is binary data'],
    ['HTML', '\n<!DOCTYPE html><title>504</title>', 'is a page of HTML'],
    ['XML', '\uFEFF<?xml version="1.0"?>', 'is XML'],
    ['a JSON list', ' [{"ts_code":"600000.SH"}]', 'is JSON'],
    ['a JSON object', '\uFEFF{"data":[]}', 'is JSON'],
    ['Git LFS', 'version https://git-lfs.github.com/spec/v1\n', 'is a pointer of Git LFS'],
    [
      'GBK',
      Buffer.concat([Buffer.from(`${header},`), Buffer.from('c3fbb3c6', 'hex')]),
      'is text in GBK; convert it: iconv',
    ],
    [
      'no encoding at all',
      Buffer.concat([Buffer.from(header), Buffer.from('ff80ff80', 'hex')]),
      'is not text in UTF-8',
    ],
    ['text cut in the middle of a character', Buffer.from(`${header},名`).subarray(0, -1), 'is not text in UTF-8'],
  ])('that is %s is called by its name', async (_, content, reason) => {
    for (const size of [1, 1000]) {
      const reading = read(inChunks(content, size));
      await expect(reading).rejects.toThrow(UsageError);
      await expect(reading).rejects.toThrow(`'d.csv' ${reason.startsWith('is') ? reason : ''}`);
      await expect(reading).rejects.toThrow(reason);
    }
  });

  test.each(['a', '1', 'ts_code', '名字', '\uFEFFts_code'])('that begins with %j is read', async (content) => {
    expect(await read(inChunks(content, 1))).toBe(content.replace('\uFEFF', ''));
  });

  test.each([2, 11, 30, 200])('compressed and cut off after %d bytes is refused as damaged', async (length) => {
    const text = Array.from({ length: 500 }, (_, index) => `${header},${Math.sqrt(index)}`).join('\n');
    const reading = read(inChunks(gzipSync(text).subarray(0, length), 7));
    await expect(reading).rejects.toThrow("'d.csv' is cut off or damaged: unexpected end of file; nothing was stored");
    await expect(reading).rejects.not.toThrow(UsageError);
  });

  test('compressed and changed by a bit is refused as damaged', async () => {
    const content = gzipSync(header.repeat(10));
    content[content.length - 6] = (content[content.length - 6] as number) ^ 1;
    await expect(read(inChunks(content, 7))).rejects.toThrow("'d.csv' is cut off or damaged: incorrect");
  });

  test('may hold no more than was allowed, compressed or not', async () => {
    const limit = { gibibytes: 1 / 1024, isChosen: true };
    const line = 'x'.repeat(1023);
    const content = `${line}\n`.repeat(1025);
    for (const bytes of [Buffer.from(content), gzipSync(content)]) {
      await expect(read(inChunks(bytes, 4096), limit)).rejects.toThrow('GiB of text; allow for more with --max-size');
    }
    expect(await read(inChunks(content.slice(1024), 4096), limit)).toHaveLength(mebibyte);
  });

  test('that grows out of all proportion is a bomb, unless its size was allowed', async () => {
    const content = gzipSync(Buffer.alloc(65 * mebibyte, '\n'));
    expect(content.length).toBeLessThan(mebibyte / 8);
    const count = async (limit: SizeLimit) => {
      let length = 0;
      for await (const text of readText({ name: 'b', bytes: inChunks(content, 4096) }, limit, () => undefined)) {
        length += text.length;
      }
      return length;
    };
    await expect(count(unchosen)).rejects.toThrow('b grows more than 100 times when decompressed');
    expect(await count({ gibibytes: 1, isChosen: true })).toBe(65 * mebibyte);
  });

  describe('in a folder', () => {
    let folder: string;
    const file = (name: string) => path.join(folder, name);
    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'stock-analysis-input-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    test.each(['plain.csv', '-', '-rf', 'a\nb.csv', '名字.csv'])('named %j is read', async (name) => {
      writeFileSync(file(name), header);
      const input = await openInput(file(name));
      expect(await read(input.bytes)).toBe(header);
      await input.requireUnchanged();
      await input.close();
    });

    test('that is none is refused at once, with what it is', async () => {
      execFileSync('mkfifo', [file('pipe')]);
      mkdirSync(file('folder'));
      symlinkSync('loop', file('loop'));
      await expect(openInput(file('pipe'))).rejects.toThrow('is a pipe');
      await expect(openInput(file('folder'))).rejects.toThrow('is a folder');
      await expect(openInput('/dev/zero')).rejects.toThrow('is a device');
      await expect(openInput(file('loop'))).rejects.toThrow('too many symbolic links');
      await expect(openInput(file('none'))).rejects.toThrow(`cannot read '${file('none')}': no such file or directory`);
      await expect(openInput('a\0b')).rejects.toThrow(UsageError);
      await expect(openInput('')).rejects.toThrow(UsageError);
    });

    test('that changes while it is read is noticed', async () => {
      writeFileSync(file('a.csv'), header);
      const input = await openInput(file('a.csv'));
      appendFileSync(file('a.csv'), '\n600000');
      await expect(input.requireUnchanged()).rejects.toThrow('was changed while it was read');
      await input.close();
    });
  });
});
