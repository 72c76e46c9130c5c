import type { AdapterContext } from '../adapter.ts';
import { createFileClient } from '../http/saved-answers.ts';
import { silentLog } from '../log.ts';

/** The context of an adapter in a test with a recording: the answers that `--save FILE` kept, in their order. No hit is made. */
export function openRecording(file: string): AdapterContext {
  return { http: createFileClient(file), log: silentLog, signal: new AbortController().signal };
}
