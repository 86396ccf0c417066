/** The file as a whole is not the CSV file it should be. */
export class CsvFormatError extends Error {}

/** A record of a CSV file. */
export interface CsvRecord {
  /** Where it begins, the header being line 1. */
  line: number;
  /** As it stands in the file, without the end of the line. */
  text: string;
  /** Its fields without their quotes; undefined when a quote stands where none may be. */
  fields: readonly string[] | undefined;
}

/** Characters of a record. One of prices has about eighty. */
const longestRecord = 64 * 1024;

const fieldAndEnd = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n)/y;
const openField = /"[^"]*(?:""[^"]*)*"?$/y;

/** A record that has quotes, and where the next one begins; undefined when it does not end in the text. */
function readQuoted(text: string, start: number): { fields: string[] | undefined; end: number } | undefined {
  const fields: string[] = [];
  for (let at = start; ; at = fieldAndEnd.lastIndex) {
    fieldAndEnd.lastIndex = at;
    const [, quoted, plain = '', end] = fieldAndEnd.exec(text) ?? [];
    if (end === undefined) {
      openField.lastIndex = at;
      const lineEnd = text.indexOf('\n', at);
      return lineEnd < 0 || openField.test(text) ? undefined : { fields: undefined, end: lineEnd + 1 };
    }
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') return { fields, end: fieldAndEnd.lastIndex };
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

/** Cuts text into records. */
class Records {
  #line = 1;
  #rest = '';

  /** The records that end in the text so far. */
  take(text: string): CsvRecord[] {
    const all = this.#rest + text;
    const records: CsvRecord[] = [];
    let start = 0;
    let quote = all.indexOf('"');
    for (;;) {
      const lineEnd = all.indexOf('\n', start);
      if (lineEnd < 0) break;
      if (quote >= 0 && quote < start) quote = all.indexOf('"', start);
      const hasQuote = quote >= 0 && quote < lineEnd;
      const next = hasQuote ? this.#takeQuoted(all, start, records) : this.#takePlain(all, start, lineEnd, records);
      if (next === undefined) break;
      start = next;
    }
    this.#rest = all.slice(start);
    this.#requireLength(this.#rest.length);
    return records;
  }

  /** What follows the last end of a line. */
  takeLast(): CsvRecord[] {
    if (this.#rest === '') return [];
    const records = this.take('\n');
    if (this.#rest === '') return records;
    throw new CsvFormatError(
      `the quote that opens a field in line ${this.#line} is not closed; the file may be cut off`,
    );
  }

  #takePlain(all: string, start: number, lineEnd: number, records: CsvRecord[]): number {
    const text = withoutReturn(all.slice(start, lineEnd));
    this.#requireLength(text.length);
    if (text !== '') records.push({ line: this.#line, text, fields: text.split(',') });
    this.#line++;
    return lineEnd + 1;
  }

  // A library for CSV takes four times as long for every row, quoted or not.
  #takeQuoted(all: string, start: number, records: CsvRecord[]): number | undefined {
    const record = readQuoted(all, start);
    if (!record) return undefined;
    const text = all.slice(start, record.end - 1);
    this.#requireLength(text.length);
    records.push({ line: this.#line, text: withoutReturn(text), fields: record.fields });
    this.#line += text.split('\n').length;
    return record.end;
  }

  #requireLength(length: number): void {
    if (length <= longestRecord) return;
    throw new CsvFormatError(
      `what begins in line ${this.#line} has more than ${longestRecord} characters; is a quote not closed, or is this no CSV file?`,
    );
  }
}

/**
 * The records of CSV text, by RFC 4180: commas, double quotes, lines ended by LF or CRLF. Empty lines are left out.
 *
 * @throws CsvFormatError when a record is endless or a quote is not closed, with the number of the line
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export async function* readCsv(texts: AsyncIterable<string>): AsyncGenerator<CsvRecord[]> {
  const records = new Records();
  for await (const text of texts) yield records.take(text);
  yield records.takeLast();
}
