import type { DeadLetterRow, DeadLetters } from '../listener.ts';
import { type Noting, note } from './note.ts';
import { openReplay, type Replayed, type Replaying } from './replay.ts';

/** What is to be replayed of one listener, in slices, each in the order of its events. */
export interface ListenerReplay extends Replaying {
  readonly name: string;
  readonly slices: AsyncIterable<readonly DeadLetterRow[]>;
}

/** Delivers dead letters of a listener again. What is delivered is dropped. */
export async function replayLetters(
  { name, slices, ...replaying }: ListenerReplay,
  noting: Noting,
): Promise<Replayed[]> {
  const replay = openReplay(replaying);
  const replayed: Replayed[] = [];
  for await (const letters of slices) replayed.push(...(await replay(letters)));
  const count = (outcome: Replayed['outcome']) => replayed.filter((one) => one.outcome === outcome).length;
  const counts = { delivered: count('delivered'), failed: count('failed'), blocked: count('blocked') };
  if (replayed.length > 0) await note(noting, 'replay', { listener: name, ...counts });
  return replayed;
}

/** Drops dead letters for good. Returns how many were still there. */
export async function dropLetters(
  letters: readonly DeadLetterRow[],
  dead: Pick<DeadLetters, 'drop'>,
  noting: Noting,
): Promise<number> {
  let dropped = 0;
  for (const { id } of letters) dropped += Number(await dead.drop(id));
  const listeners = [...new Set(letters.map(({ listener }) => listener))];
  if (dropped > 0) await note(noting, 'drop', { listeners, dropped });
  return dropped;
}
