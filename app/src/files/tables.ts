/** Forms in which rows are given. */
export const formats = ['json', 'csv', 'parquet'] as const;
export type Format = (typeof formats)[number];

/** Rows to be written as a table: a value for each column, as the text PostgreSQL gives. */
export interface Table {
  columns: readonly Column[];
  rows: readonly (string | null)[][];
}

export interface Column {
  name: string;
  type: 'date' | 'decimal' | 'integer' | 'text';
}

// Both libraries are loaded when first needed: most processes never are.

/** The table as CSV with a header, by RFC 4180; a missing value is an empty field. */
export async function writeCsv({ columns, rows }: Table): Promise<Buffer> {
  const { stringify } = await import('csv-stringify/sync');
  return Buffer.from(stringify([columns.map(({ name }) => name), ...rows], { record_delimiter: 'windows' }));
}

/** The table as JSON, an object for each row: numbers as PostgreSQL gives them, so that none loses a digit. */
export async function writeJson({ columns, rows }: Table): Promise<Buffer> {
  const jsonOf = (text: string | null, type: Column['type']) =>
    text !== null && (type === 'decimal' || type === 'integer') ? text : JSON.stringify(text);
  const objects = rows.map((row) => {
    const fields = columns.map(
      ({ name, type }, index) => `${JSON.stringify(name)}:${jsonOf(row[index] ?? null, type)}`,
    );
    return `{${fields.join(',')}}`;
  });
  return Buffer.from(`[${objects.join(',')}]\n`);
}

const parquetTypes = {
  date: { element: { type: 'INT32', converted_type: 'DATE' }, read: (text: string) => new Date(text) },
  decimal: { element: { type: 'DOUBLE' }, read: Number },
  integer: { element: { type: 'INT64' }, read: BigInt },
  text: { element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, read: String },
} as const;

/** The table as a Parquet file: days as DATE, whole numbers as INT64, other numbers as DOUBLE. */
export async function writeParquet({ columns, rows }: Table): Promise<Buffer> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const file = parquetWriteBuffer({
    columnData: columns.map(({ name, type }, index) => ({
      name,
      data: rows.map((row) => {
        const text = row[index] ?? null;
        return text === null ? null : parquetTypes[type].read(text);
      }),
    })),
    schema: [
      { name: 'rows', num_children: columns.length },
      ...columns.map(({ name, type }) => ({
        name,
        repetition_type: 'OPTIONAL' as const,
        ...parquetTypes[type].element,
      })),
    ],
  });
  return Buffer.from(file);
}
