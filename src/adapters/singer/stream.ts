import { ConfigError, ProtocolError } from '../../errors.ts';
import type { Message } from './messages.ts';

/** Watches what makes a stream a whole snapshot: a schema before the records, and one version of the table. */
export interface StreamWatch {
  /** Throws for a message that does not belong there. */
  see(message: Message): void;
  /** Called when the tap has ended well. Throws if it never said that there is such a stream. */
  demandWhole(): void;
}

/** `method` is what the catalog says; where it says nothing, a schema with bookmarks is an incremental stream. */
export function watchStream(stream: string, method: string | undefined): StreamWatch {
  let isDeclared = false;
  let version: number | null = null;
  if (method !== undefined) demandFullTable(stream, method);

  return {
    see(message) {
      if (!('stream' in message) || message.stream !== stream) return;
      if (message.type === 'SCHEMA') {
        if (method === undefined && message.bookmarks.length > 0) demandFullTable(stream, 'INCREMENTAL');
        isDeclared = true;
        return;
      }
      if (!isDeclared) throw tooEarly(message.type, stream);
      if (version !== null && message.version !== null && message.version !== version) throw twoVersions(stream);
      version = message.version ?? version;
    },
    demandWhole() {
      if (!isDeclared) throw unheardOf(stream);
    },
  };
}

/** What an incremental stream leaves out is not gone: it must never be read as a snapshot. */
function demandFullTable(stream: string, method: string): void {
  if (method === 'FULL_TABLE') return;
  throw new ConfigError(
    `the tap reads the stream ${stream} by ${method}, which is no whole snapshot; nothing is deleted`,
    { hint: `Give the adapter a catalog in which the replication method of ${stream} is FULL_TABLE.` },
  );
}

function tooEarly(type: string, stream: string): ProtocolError {
  return new ProtocolError(`the tap sent a ${type} of ${stream} before its SCHEMA; nothing is deleted`);
}

function unheardOf(stream: string): ProtocolError {
  return new ProtocolError(`the tap ended without a word of the stream ${stream}; nothing is deleted`, {
    hint: 'Does the tap have such a stream, and does the catalog select it? Its discovery (--discover) lists them.',
  });
}

function twoVersions(stream: string): ProtocolError {
  return new ProtocolError(
    `the tap began a new version of ${stream} in the middle: the records before it are void, and nothing is deleted`,
    { hint: 'The next run starts the tap again.' },
  );
}
