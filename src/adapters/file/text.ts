import { isUtf8 } from 'node:buffer';
import { messageOf, ProtocolError } from '../../errors.ts';
import { hasLongDigits, parseJson } from '../../json.ts';

/** The largest record. Anything longer is not a record, and would fill the memory. */
export const largestRecord = 64 * 1024 * 1024;

/** Decodes bytes that must be UTF-8 and end with a whole character. */
export function decode(bytes: Buffer, label: string): string {
  if (!isUtf8(bytes))
    throw new ProtocolError(`${label} holds bytes that are not UTF-8; nothing of this page was written`);
  return bytes.toString();
}

/** The parser that this text needs. Only long numbers need the exact one. */
export function parserFor(text: string): (text: string) => unknown {
  return hasLongDigits(text) ? parseJson : JSON.parse;
}

/** What is wrong with a file, and where. */
export function broken(label: string, where: string, cause?: unknown): ProtocolError {
  const reason = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new ProtocolError(`${label} is broken or cut off ${where}${reason}; nothing of this page counts as complete`, {
    ...(cause === undefined ? {} : { cause }),
  });
}
