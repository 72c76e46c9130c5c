import { messageOf, ProtocolError } from '../../errors.ts';
import { shortened } from '../../excerpt.ts';
import { parseJson } from '../../json.ts';
import type { RawRecord } from '../../record.ts';

/** The messages of a tap, one JSON object per line (Singer specification 0.3.0). */
export type Message =
  | { readonly type: 'SCHEMA'; readonly stream: string; readonly bookmarks: readonly string[] }
  | { readonly type: 'RECORD'; readonly stream: string; readonly record: RawRecord; readonly version: number | null }
  | { readonly type: 'ACTIVATE_VERSION'; readonly stream: string; readonly version: number }
  | { readonly type: 'STATE'; readonly value: unknown }
  | { readonly type: 'unknown' };

/** Reads one line. Throws `ProtocolError` if it is not a message, and for BATCH. */
export function parseMessage(line: string): Message {
  const message = objectIn(line);
  switch (message.type) {
    case 'SCHEMA':
      return { type: 'SCHEMA', stream: streamOf(message), bookmarks: textsIn(message.bookmark_properties) };
    case 'RECORD':
      return { ...recordIn(message), version: versionOf(message) };
    case 'ACTIVATE_VERSION':
      return { type: 'ACTIVATE_VERSION', stream: streamOf(message), version: versionOf(message) ?? 0 };
    case 'STATE':
      return { type: 'STATE', value: message.value };
    case 'BATCH':
      throw new ProtocolError('the tap sends BATCH messages, which cronsync does not read; nothing is deleted', {
        hint: 'Turn batches off in the config of the tap: remove its "batch_config".',
      });
    default:
      return { type: 'unknown' };
  }
}

type Members = Readonly<Record<string, unknown>>;

function objectIn(line: string): Members & { readonly type: string } {
  const message = parsed(line);
  if (typeof message !== 'object' || message === null || !('type' in message) || typeof message.type !== 'string')
    throw nonsense(line);
  return message as Members & { readonly type: string };
}

function parsed(line: string): unknown {
  try {
    return parseJson(line);
  } catch (error) {
    throw nonsense(line, error);
  }
}

function nonsense(line: string, cause?: unknown): ProtocolError {
  const reason = cause === undefined ? '' : ` (${messageOf(cause)})`;
  return new ProtocolError(
    `the tap wrote a line that is not a Singer message: ${shortened(line, 80)}${reason}; nothing is deleted`,
    {
      cause,
      hint: 'A tap writes messages to stdout, and everything else to stderr.',
    },
  );
}

function recordIn(message: Members) {
  const { record } = message;
  if (typeof record === 'object' && record !== null)
    return { type: 'RECORD', stream: streamOf(message), record } as const;
  throw new ProtocolError('the tap sent a RECORD message without a record; nothing is deleted');
}

function streamOf({ type, stream }: Members): string {
  if (typeof stream === 'string' && stream !== '') return stream;
  throw new ProtocolError(`the tap sent a ${type} message without a stream; nothing is deleted`);
}

function versionOf({ version }: Members): number | null {
  return typeof version === 'number' ? version : null;
}

function textsIn(found: unknown): readonly string[] {
  return [found].flat().filter((text) => typeof text === 'string');
}
