import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { EventLines } from '../../../event-lines.ts';

/** Fewer bytes stay text: they fit into a page of the database anyway, and whoever looks into the table can read them. */
const mostPlainBytes = 2000;

/** The fastest level: a higher one saves a few bytes for each event and takes twice the time. */
const options = {
  chunkSize: 256 * 1024,
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Whether the events of a transaction are worth packing. */
export function isLong({ bytes }: EventLines): boolean {
  return bytes.length > mostPlainBytes;
}

/**
 * The events of a transaction as Zstandard (RFC 8878), compressed beside the main thread. Each line ends, so that frames which are
 * joined are still one event a line.
 */
export function packEvents({ bytes }: EventLines): Promise<Uint8Array> {
  return promisify(zstdCompress)(bytes, options);
}

/** The events from which `packEvents` has made this. */
export async function unpackEvents(packed: Uint8Array): Promise<EventLines> {
  return EventLines.in(await promisify(zstdDecompress)(packed));
}

/** The same at once, for a database whose transactions do not wait. */
export function packEventsNow({ bytes }: EventLines): Uint8Array {
  return zstdCompressSync(bytes, options);
}

export function unpackEventsNow(packed: Uint8Array): EventLines {
  return EventLines.in(zstdDecompressSync(packed));
}

/** How a column of text keeps events: joined by newlines. */
export function plainEvents({ bytes }: EventLines): string {
  return bytes.toString('utf8', 0, Math.max(0, bytes.length - 1));
}

export function readPlainEvents(text: string): EventLines {
  return EventLines.of(text.split('\n'));
}
