import { ConfigError, ProtocolError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Message } from './messages.ts';
import type { Replication } from './replication.ts';
import { formatState, type TapState } from './state.ts';

/** Watches what a complete pass over a stream needs: a schema before the records, one version of the table, and a state. */
export interface StreamWatch {
  /** Throws for a message that does not belong there. */
  see(message: Message): void;
  /** Called when the tap has ended with success. Throws if it never named this stream. */
  demandWhole(): void;
  /** Where the next pass of changes starts, once this pass is whole; null if the tap did not say. */
  bookmark(): string | null;
}

/** `before` is what is known from the pass before. */
export function watchStream(replication: Replication, before: TapState, log: Log): StreamWatch {
  const { stream, mode, isGuess } = replication;
  let isDeclared = false;
  let version: number | null = null;
  let state: { readonly value: unknown } | undefined;

  const seeVersion = (now: number | null) => {
    if (version !== null && now !== null && now !== version && mode === 'snapshot') throw twoVersions(stream);
    version = now ?? version;
  };

  return {
    see(message) {
      if (message.type === 'STATE' && mode === 'changes') state = { value: demandValue(message.value) };
      if (!('stream' in message) || message.stream !== stream) return;
      if (message.type === 'SCHEMA') {
        if (isGuess && message.bookmarks.length > 0) throw notWhole(stream);
        isDeclared = true;
        return;
      }
      if (!isDeclared) throw tooEarly(message.type, stream);
      seeVersion(message.version);
    },
    demandWhole() {
      if (!isDeclared) throw unheardOf(stream);
      if (mode === 'snapshot') return;
      // Many taps send no STATE if it has not changed.
      if (state === undefined && before.state === null) log.warn(noState(stream));
      if (before.version !== null && version !== null && version !== before.version) log.warn(newVersion(stream));
    },
    bookmark: () => (state ? formatState({ state: state.value, version: version ?? before.version }) : null),
  };
}

function demandValue(value: unknown): unknown {
  if (value !== undefined) return value;
  throw new ProtocolError('the tap sent a STATE message without a value; the state stays as it was');
}

/** A record that an incremental stream leaves out is not gone, so the stream must never be read as a snapshot. */
function notWhole(stream: string): ConfigError {
  return new ConfigError(
    `the tap reads the stream ${stream} by INCREMENTAL, which is not a whole snapshot; nothing is deleted`,
    {
      hint: `Set "mode": "changes", or give the adapter a catalog in which the replication method of ${stream} is FULL_TABLE.`,
    },
  );
}

function noState(stream: string): string {
  return `the tap ended without a STATE: the next pass reads all of ${stream} again`;
}

/** The tap says that rows of older versions are void. An incremental stream does not show which rows these are; a full table does. */
function newVersion(stream: string): string {
  return (
    `the tap reads a new version of ${stream}: rows that only the old version had stay, because a pass of changes reports ` +
    'no deletions. A pass by FULL_TABLE finds them'
  );
}

function tooEarly(type: string, stream: string): ProtocolError {
  return new ProtocolError(`the tap sent a ${type} of ${stream} before its SCHEMA; nothing is deleted`);
}

function unheardOf(stream: string): ProtocolError {
  return new ProtocolError(`the tap ended without a message about the stream ${stream}; nothing is deleted`, {
    hint: 'Check that the tap has this stream (--discover lists them), and that the catalog selects it.',
  });
}

function twoVersions(stream: string): ProtocolError {
  return new ProtocolError(
    `the tap began a new version of ${stream} in the middle: the records before it are void, and nothing is deleted`,
    { hint: 'The next run starts the tap again.' },
  );
}
