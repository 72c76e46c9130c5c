import type { Adapter, AdapterContext } from '../adapter.ts';
import { createFileClient } from '../http/recording.ts';
import { silentLog } from '../log.ts';
import type { RawRecord } from '../record.ts';
import { startWalk } from './walk.ts';

/** What an adapter is given in a test with a recording: the answers that `--save FILE` kept, in their order. No hit is made. */
export function openRecording(file: string): AdapterContext {
  return { http: createFileClient(file), log: silentLog, signal: new AbortController().signal };
}

/** Reads a whole snapshot pass, and gives its records. Throws what a run would throw. */
export async function readPass(
  adapter: Adapter,
  resource: string,
  context: AdapterContext,
): Promise<readonly RawRecord[]> {
  const walk = startWalk(resource);
  while (!walk.isComplete) await walk.takePage(adapter, context);
  return walk.records;
}
