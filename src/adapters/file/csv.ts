import type { CsvError, Parser } from 'csv-parse';
import { ConfigError, ProtocolError } from '../../errors.ts';
import type { RawRecord } from '../../record.ts';
import type { CsvOptions } from './options.ts';
import type { Bytes } from './source.ts';
import { broken, largestRecord } from './text.ts';

type Row = readonly string[];

/** The rows of a CSV file (RFC 4180) as objects by column name, in batches as they arrive. An empty field is null. */
export async function* csvRows(bytes: Bytes, options: CsvOptions, label: string): AsyncGenerator<readonly RawRecord[]> {
  const { parse } = await import('csv-parse');
  const text = textDecoder(options.encoding ?? 'utf-8', label);
  const toRecords = recordReader(options.header ?? true, label);
  let rows: Row[] = [];
  let last = '';
  const parser = parse({
    delimiter: options.delimiter ?? ',',
    quote: options.quote ?? '"',
    skip_empty_lines: true,
    max_record_size: largestRecord,
    // Rows that are taken here do not go through the parser's own queue.
    on_record: (row: Row) => {
      rows.push(row);
      return null;
    },
  });

  // The call of `write` that caused the error gets it as well.
  parser.on('error', () => {});
  try {
    for await (const chunk of bytes) {
      const part = text(chunk);
      last = part.at(-1) ?? last;
      await write(parser, part, label);
      yield toRecords(rows);
      rows = [];
    }
    await write(parser, text(), label);
    await end(parser, label);
    if (options.newlineAtEnd && last !== '\n' && last !== '\r') throw broken(label, 'before the end of its last line');
    yield toRecords(rows, true);
  } finally {
    parser.destroy();
  }
}

function write(parser: Parser, text: string, label: string): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(text, (error) => (error ? reject(misshapen(error, label)) : resolve()));
  });
}

function end(parser: Parser, label: string): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('error', (error) => reject(misshapen(error, label)));
    parser.end(() => resolve());
  });
}

function misshapen(error: Error, label: string): ProtocolError {
  const { lines } = error as CsvError;
  return broken(label, typeof lines === 'number' ? `at line ${lines}` : 'in a row', error);
}

/** Decodes chunk by chunk; called without one at the end. */
function textDecoder(encoding: string, label: string): (chunk?: Uint8Array) => string {
  const decoder = decoderFor(encoding);
  return (chunk) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (error) {
      throw new ProtocolError(
        `${label} holds bytes that are not ${encoding}; nothing of this page counts as complete`,
        { cause: error },
      );
    }
  };
}

function decoderFor(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw new ConfigError(`\`${encoding}\` is not a known encoding; nothing of this page was written`, {
      cause: error,
    });
  }
}

function recordReader(
  header: true | readonly string[],
  label: string,
): (rows: readonly Row[], isEnd?: boolean) => readonly RawRecord[] {
  let names = header === true ? undefined : header;
  return (rows, isEnd = false) => {
    const isHeaderRow = names === undefined && rows.length > 0;
    names ??= rows[0];
    if (names === undefined) {
      if (isEnd) throw broken(label, 'before its header row');
      return [];
    }
    if (isHeaderRow) demandDistinct(names, label);
    return (isHeaderRow ? rows.slice(1) : rows).map(recordOf(names, label));
  };
}

function recordOf(names: Row, label: string): (row: Row) => RawRecord {
  return (row) => {
    if (row.length !== names.length)
      throw broken(label, `in a row of ${row.length} fields, where there are ${names.length} columns`);
    const record: Record<string, string | null> = {};
    for (let at = 0; at < names.length; at += 1) record[names[at] ?? ''] = row[at] || null;
    return record;
  };
}

function demandDistinct(names: Row, label: string): void {
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    throw new ProtocolError(`${label} has the column \`${twice}\` twice; nothing of this page was written`);
}
