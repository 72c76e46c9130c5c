import { formatDuration } from '../duration.ts';
import { IntegrityError, messageOf, UnreachableError } from '../errors.ts';
import {
  type ChangeEvent,
  type DeadLetterRow,
  type DeadLetters,
  idempotencyKeyOf,
  type Listener,
  ListenerOff,
} from '../listener.ts';
import type { Log } from '../log.ts';

/** What a replay of one listener's dead letters needs. */
export interface Replaying {
  readonly listener: Listener;
  readonly letters: Pick<DeadLetters, 'drop'>;
  /** How many keys at once. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The result for one dead letter. `blocked`: not tried, or cut off, because an earlier one of its key failed or the replay was stopped. */
export interface Replayed {
  readonly id: string;
  readonly outcome: 'delivered' | 'failed' | 'blocked';
  readonly error?: string;
}

/**
 * Replays dead letters of one listener, given in the order of their events: several keys at once, each in order. After a
 * failure the later ones of its key stay. After the signal, or when the receiver is gone for good, all that were not
 * started stay.
 */
export function openReplay(deps: Replaying): (letters: readonly DeadLetterRow[]) => Promise<Replayed[]> {
  const failedKeys = new Set<string>();
  let isOver = false;

  const replay = async (letter: DeadLetterRow): Promise<Replayed> => {
    const { id, key } = letter;
    if (isOver || deps.signal.aborted || failedKeys.has(key)) return { id, outcome: 'blocked' };
    try {
      await deliver(letter, deps);
      await deps.letters.drop(id);
      return { id, outcome: 'delivered' };
    } catch (error) {
      if (deps.signal.aborted) return { id, outcome: 'blocked' };
      failedKeys.add(key);
      isOver ||= error instanceof ListenerOff;
      return { id, outcome: 'failed', error: messageOf(error) };
    }
  };
  const replayLane = async (lane: readonly DeadLetterRow[]): Promise<Replayed[]> => {
    const replayed: Replayed[] = [];
    for (const letter of lane) replayed.push(await replay(letter));
    return replayed;
  };

  return async (letters) => {
    const lanes = Map.groupBy(letters, ({ key }) => key).values();
    const worker = async () => {
      const replayed: Replayed[] = [];
      for (const lane of lanes) replayed.push(...(await replayLane(lane)));
      return replayed;
    };
    const replayed = (await Promise.all(Array.from({ length: deps.concurrency }, worker))).flat();
    const outcomes = new Map(replayed.map((one) => [one.id, one]));
    return letters.flatMap(({ id }) => outcomes.get(id) ?? []);
  };
}

async function deliver(letter: DeadLetterRow, { listener, timeoutMs, log, signal }: Replaying): Promise<void> {
  const event = eventOf(letter);
  const timeout = new AbortController();
  const late = new UnreachableError(`${letter.listener} was not done within ${formatDuration(timeoutMs)}`);
  const timer = setTimeout(() => timeout.abort(late), timeoutMs);
  try {
    await listener.deliver({
      event,
      json: letter.event,
      attempt: letter.attemptsAt.length + 1,
      idempotencyKey: idempotencyKeyOf(letter.listener, event.id),
      signal: AbortSignal.any([signal, timeout.signal]),
      log,
    });
  } finally {
    clearTimeout(timer);
  }
}

function eventOf({ event, reason }: DeadLetterRow): ChangeEvent {
  if (reason !== 'corrupt' && event !== '') return JSON.parse(event);
  throw new IntegrityError(
    'this dead letter does not hold an event of cronsync, so no listener can take it; it can be dropped',
  );
}
