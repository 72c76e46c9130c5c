import { Readable } from 'node:stream';
import type { Gunzip, ZstdDecompress } from 'node:zlib';
import { messageOf, ProtocolError, SyncError } from '../../errors.ts';
import { refuseBomb } from '../../unpacking.ts';
import type { Bytes } from './source.ts';

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

type Packing = 'gzip' | 'zstd';

/** Unpacks bytes that begin like gzip (RFC 1952 section 2.3.1) or Zstandard (RFC 8878 section 3.1.1). */
export async function* unpacked(bytes: Bytes, label: string, most: number | null): Bytes {
  const { head, rest } = await peek(bytes, 4);
  const packing = packingOf(head);
  if (packing === null) {
    yield* rest;
    return;
  }
  const counted = countBytes(rest);
  const packed = Readable.from(counted.bytes, { objectMode: false });
  const unpacking = await openUnpacking(packing);
  // An error of the source ends the unpacking with the same error.
  packed.once('error', (error) => unpacking.destroy(error));
  try {
    const pieces: Bytes = packed.pipe(unpacking);
    yield* most === null ? pieces : bounded(pieces, { label, most, packed: counted.count });
    if (packing === 'zstd' && unpacking.bytesWritten < counted.count()) throw moreFrames();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new ProtocolError(
      `the ${packing} data is cut off or damaged: ${messageOf(error)}; nothing of it was written`,
      {
        cause: error,
      },
    );
  } finally {
    packed.destroy();
    unpacking.destroy();
  }
}

interface Bound {
  readonly label: string;
  /** In bytes. */
  readonly most: number;
  /** How many bytes were read to be unpacked. */
  readonly packed: () => number;
}

/** What a third party sends unpacks to no more than its answer may hold, and is not a bomb. */
async function* bounded(pieces: Bytes, { label, most, packed }: Bound): Bytes {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > most) throw tooLarge(label, most);
    refuseBomb(label, { packed: packed(), unpacked: size });
    yield piece;
  }
}

function tooLarge(label: string, most: number): ProtocolError {
  return new ProtocolError(`${label} unpacks to more than ${most} bytes; nothing of this page counts as complete`, {
    hint: 'If the file really is that large, raise maxBody.',
  });
}

/** Node.js stops silently after the first frame, as if the file ended there. */
function moreFrames(): ProtocolError {
  return new ProtocolError('the zstd data has more than one frame, which cannot be read; nothing is deleted', {
    hint: 'Pack the file in one frame, or with gzip.',
  });
}

function countBytes(bytes: Bytes): { readonly bytes: Bytes; count(): number } {
  let count = 0;
  async function* counting(): Bytes & AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      count += chunk.length;
      yield chunk;
    }
  }
  return { bytes: counting(), count: () => count };
}

function packingOf(head: Buffer): Packing | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : null;
}

async function openUnpacking(packing: Packing): Promise<Gunzip | ZstdDecompress> {
  const { createGunzip, createZstdDecompress } = await import('node:zlib');
  const chunkSize = 256 * 1024;
  return packing === 'gzip' ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
}

/** How many bytes of a file say what it is. */
export const startLength = 200;

/** The bytes without a byte order mark, and what their start looks like. */
export async function startOf(bytes: Bytes): Promise<{ readonly bytes: Bytes; readonly first: string }> {
  const { head, rest } = await peek(bytes, startLength);
  const isMarked = head.subarray(0, 3).equals(byteOrderMark);
  return {
    bytes: isMarked ? skip(rest, 3) : rest,
    first: head.subarray(isMarked ? 3 : 0, startLength).toString('latin1'),
  };
}

async function peek(bytes: Bytes, length: number): Promise<{ readonly head: Buffer; readonly rest: Bytes }> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < length) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return { head, rest: resumed(head, iterator) };
}

async function* resumed(head: Buffer, rest: AsyncIterator<Uint8Array>): Bytes & AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* skip(bytes: Bytes, length: number): Bytes & AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const chunk of bytes) {
    yield chunk.subarray(left);
    left = 0;
  }
}
