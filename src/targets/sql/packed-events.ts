import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';

/** Fewer characters stay text: they fit into a page of the database anyway, and whoever looks into the table can read them. */
const mostPlainChars = 2000;

/** The fastest level: a higher one saves a few bytes for each event and takes twice the time. */
const options = {
  chunkSize: 256 * 1024,
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Whether the events of a transaction are worth packing. */
export function isLong(events: string): boolean {
  return events.length > mostPlainChars;
}

/** The events of a transaction, each on a line of its own, as Zstandard (RFC 8878), compressed beside the main thread. */
export function packEvents(events: string): Promise<Uint8Array> {
  return promisify(zstdCompress)(linesOf(events), options);
}

/** The text from which `packEvents` has made this. */
export async function unpackEvents(packed: Uint8Array): Promise<string> {
  return textOf(await promisify(zstdDecompress)(packed));
}

/** The same at once, for a database whose transactions do not wait. */
export function packEventsNow(events: string): Uint8Array {
  return zstdCompressSync(linesOf(events), options);
}

export function unpackEventsNow(packed: Uint8Array): string {
  return textOf(zstdDecompressSync(packed));
}

/** Each line ends, so that frames which are joined are still one event a line. */
function linesOf(events: string): string {
  return `${events}\n`;
}

function textOf(lines: Buffer): string {
  return lines.toString('utf8', 0, lines.length - 1);
}
