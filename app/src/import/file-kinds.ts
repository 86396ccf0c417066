/** A kind of file that is not read. */
interface FileKind {
  name: string;
  /** Whether a file that begins so is one. */
  isBegunBy: (start: Buffer) => boolean;
  /** What to do instead. */
  advice: string;
}

const bytes =
  (...hexadecimal: string[]) =>
  (start: Buffer): boolean =>
    hexadecimal.some((magic) => start.toString('hex').startsWith(magic));

const text =
  (pattern: RegExp) =>
  (start: Buffer): boolean =>
    pattern.test(start.toString());

const isExcel = (start: Buffer): boolean =>
  bytes('504b0304')(start) && (start.includes('[Content_Types].xml') || start.includes('xl/'));

const tarMagicAt = 257;
const isTar = (start: Buffer): boolean => start.toString('latin1', tarMagicAt).startsWith('ustar');

/** Whether one byte of each of the first pairs is 0, as in UTF-16 without a mark. */
const hasZeroIn = (half: 0 | 1) => (start: Buffer) =>
  start.length >= 8 && [0, 2, 4, 6].every((pair) => start[pair + half] === 0 && start[pair + 1 - half] !== 0);

const saveAsCsv = 'save the table as CSV in UTF-8';
const writeAsCsv = 'write the table as CSV, such as by to_csv() of pandas';
const unpack = 'unpack it and import the CSV file in it';
const toUtf8 = (encoding: string) => `convert it: iconv -f ${encoding} -t UTF-8 FILE | stock import -`;

// In this order: the first that fits says most.
const kinds: readonly FileKind[] = [
  { name: 'an Excel workbook', isBegunBy: isExcel, advice: saveAsCsv },
  { name: 'an old Excel workbook', isBegunBy: bytes('d0cf11e0a1b11ae1'), advice: saveAsCsv },
  { name: 'a ZIP archive', isBegunBy: bytes('504b0304', '504b0506'), advice: unpack },
  { name: 'a 7-Zip archive', isBegunBy: bytes('377abcaf271c'), advice: unpack },
  { name: 'a RAR archive', isBegunBy: bytes('526172211a07'), advice: unpack },
  { name: 'a tar archive', isBegunBy: isTar, advice: unpack },
  { name: 'compressed by gzip twice', isBegunBy: bytes('1f8b'), advice: 'zcat FILE | stock import -' },
  { name: 'compressed by xz', isBegunBy: bytes('fd377a585a00'), advice: 'xzcat FILE | stock import -' },
  { name: 'compressed by bzip2', isBegunBy: text(/^BZh[1-9]/), advice: 'bzcat FILE | stock import -' },
  { name: 'compressed by Zstandard', isBegunBy: bytes('28b52ffd'), advice: 'zstdcat FILE | stock import -' },
  { name: 'compressed by LZ4', isBegunBy: bytes('04224d18'), advice: 'lz4cat FILE | stock import -' },
  { name: 'a Parquet file', isBegunBy: text(/^PAR1/), advice: writeAsCsv },
  { name: 'an Arrow or Feather file', isBegunBy: text(/^(?:ARROW1|FEA1)/), advice: writeAsCsv },
  { name: 'an HDF5 file', isBegunBy: bytes('894844460d0a1a0a'), advice: writeAsCsv },
  { name: 'a Python pickle', isBegunBy: bytes('8002', '8003', '8004', '8005'), advice: writeAsCsv },
  {
    name: 'an SQLite database',
    isBegunBy: text(/^SQLite format 3/),
    advice: 'write the table as CSV: sqlite3 -csv -header',
  },
  { name: 'a PDF document', isBegunBy: text(/^%PDF-/), advice: 'import the table that it was made of' },
  { name: 'text in UTF-32', isBegunBy: bytes('fffe0000', '0000feff'), advice: toUtf8('UTF-32') },
  { name: 'text in UTF-16', isBegunBy: bytes('fffe', 'feff'), advice: toUtf8('UTF-16') },
  { name: 'text in UTF-16', isBegunBy: hasZeroIn(1), advice: toUtf8('UTF-16LE') },
  { name: 'text in UTF-16', isBegunBy: hasZeroIn(0), advice: toUtf8('UTF-16BE') },
  { name: 'binary data', isBegunBy: (start) => start.includes(0), advice: saveAsCsv },
  {
    name: 'a pointer of Git LFS',
    isBegunBy: text(/^version https:\/\/git-lfs/),
    advice: 'fetch the file: git lfs pull',
  },
  {
    name: 'a page of HTML',
    isBegunBy: text(/^\s*<(?:!doctype html|html|head|body|table|script)/i),
    advice: 'was an error page saved in place of the file? download it again',
  },
  { name: 'XML', isBegunBy: text(/^\s*</), advice: saveAsCsv },
  { name: 'JSON', isBegunBy: text(/^\s*[[{]/), advice: 'write the table as CSV; `stock export` does by --format csv' },
];

/** How many bytes of a file tell its kind. */
export const tellingBytes = 1024;

/**
 * The kind of a file that is not the CSV text that was expected.
 *
 * @param start its first bytes
 */
export const otherKind = (start: Buffer): Pick<FileKind, 'name' | 'advice'> | undefined => {
  const telling = start.subarray(0, tellingBytes);
  return kinds.find(({ isBegunBy }) => isBegunBy(telling));
};

/** The encoding that bytes which are no UTF-8 may be in; undefined when there is no telling. */
export function otherEncoding(content: Buffer): Pick<FileKind, 'name' | 'advice'> | undefined {
  try {
    new TextDecoder('gb18030', { fatal: true }).decode(content, { stream: true });
    return { name: 'text in GBK', advice: toUtf8('GB18030') };
  } catch {
    return undefined;
  }
}
