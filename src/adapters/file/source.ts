import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { HttpClient } from '../../adapter.ts';
import { ConfigError, messageOf, ProtocolError, ThirdPartyError } from '../../errors.ts';
import { conditionOf, type Validators, validatorsOf } from '../../validators.ts';

export type Bytes = AsyncIterable<Uint8Array>;

/** An open file, wherever it is. */
export interface Source {
  readonly bytes: Bytes;
  /** For messages. */
  readonly label: string;
  /** The end of its name, from which the format is derived. */
  readonly name: string;
  readonly contentType: string;
  readonly isHtml: boolean;
  /** Null if it cannot be found out later whether the file is still the same. */
  readonly validators: Validators | null;
  /** Safe to call at any time, and again. */
  close(): void;
}

const chunkSize = 256 * 1024;

/** Opens a file of this machine. Throws `ThirdPartyError` if that fails. */
export async function openPath(path: string): Promise<Source> {
  const handle = await open(path).catch((error: unknown) => {
    throw unreadable(path, messageOf(error), error);
  });
  if ((await handle.stat()).isDirectory()) {
    await handle.close();
    throw unreadable(path, 'it is a directory');
  }
  const stream = createReadStream('', { fd: handle, highWaterMark: chunkSize });
  const close = () => stream.destroy();
  return { bytes: stream, label: path, name: path, contentType: '', isHtml: false, validators: null, close };
}

/** This path means stdin. */
export const stdinPath = '-';

/** The stdin of the command; a function, because Node opens it when it is first asked for. */
export type PipedIn = () => Readable & { readonly isTTY?: boolean };

/** Opens stdin. It can be read once, so for a second resource this throws `ConfigError`. */
export class Stdin {
  readonly #pipedIn: PipedIn;
  #isTaken = false;

  constructor(pipedIn: PipedIn) {
    this.#pipedIn = pipedIn;
  }

  open(): Source {
    const stdin = this.#pipedIn();
    if (this.#isTaken || stdin.isTTY)
      throw new ConfigError(`stdin ${this.#isTaken ? 'was read already' : 'is a terminal'}; nothing was read`, {
        hint: 'Pipe the file into the command, for one resource: "cronsync < customers.csv".',
      });
    this.#isTaken = true;
    const close = () => void stdin.destroy();
    return { bytes: stdin, label: 'stdin', name: stdinPath, contentType: '', isHtml: false, validators: null, close };
  }
}

/** Fetches a URL with one hit. Null if the file still has these validators. */
export async function openUrl(url: URL, known: Validators | null, http: HttpClient): Promise<Source | null> {
  const { status, headers, body } = await http.request({ url, headers: conditionOf(known) });
  const label = `${url.origin}${url.pathname}`;
  if (status === 304 && known) return null;
  if (status === 304)
    throw new ProtocolError(`${label} answered 304 to a request without a condition; nothing of this page was written`);
  const contentType = headers['content-type'] ?? '';
  const bytes = body[Symbol.asyncIterator]();
  // Ends the connection of a body that is not read to its end. An error at that point does not matter.
  const close = () => void bytes.return?.().catch(() => {});
  const isHtml = contentType.startsWith('text/html');
  return {
    bytes: { [Symbol.asyncIterator]: () => bytes },
    label,
    name: url.pathname,
    contentType,
    isHtml,
    validators: validatorsOf(headers),
    close,
  };
}

function unreadable(path: string, reason: string, cause?: unknown): ThirdPartyError {
  return new ThirdPartyError(`${path} cannot be read: ${reason}; nothing of this page was written`, {
    backsOff: 'resource',
    ...(cause === undefined ? {} : { cause }),
  });
}
