import { crashPoint } from '../crash.ts';
import { beforeEverything, type Position } from '../event.ts';
import type { NumberedEvents } from '../event-lines.ts';
import type { EventStream } from '../stream.ts';
import type { OutboxLines } from '../target.ts';
import { generationAhead } from './contradiction.ts';

const eventsPerCall = 1000;
const bytesPerCall = 4_000_000;
const callsInFlight = 2;

/** What was appended. `gap`: Redis lost the end of the stream, and nothing after that was appended. */
export interface Sent {
  readonly outcome: 'done' | 'gap';
  readonly appended: number;
  readonly last: Position;
  readonly length: number;
}

/** Appends a slice of the outbox under its own positions, at most `room` events, with two calls in flight. */
export async function appendSlice(
  slice: OutboxLines,
  onStream: Position,
  room: number,
  stream: EventStream,
): Promise<Sent> {
  const appending = new Appending(slice.generation, onStream, room, stream);
  for (const events of callsOf(slice)) if (!(await appending.send(events))) break;
  return appending.end();
}

class Appending {
  readonly #generation: number;
  readonly #stream: EventStream;
  readonly #inFlight: Promise<Sent>[] = [];
  #sent: Sent;
  #after: Position;
  #room: number;

  constructor(generation: number, onStream: Position, room: number, stream: EventStream) {
    this.#generation = generation;
    this.#stream = stream;
    this.#sent = { outcome: 'done', appended: 0, last: onStream, length: 0 };
    this.#after = onStream;
    this.#room = room;
  }

  /** Starts a call, and waits for the one before it. False: no further call is of use. */
  async send(events: NumberedEvents): Promise<boolean> {
    if (this.#room <= 0) return false;
    const call = this.#append(this.#after, events, this.#room);
    call.catch(() => {}); // It is awaited below, unless an earlier call failed: then that error is thrown.
    this.#inFlight.push(call);
    const { count } = events.lines;
    this.#after = { generation: this.#generation, seq: events.firstSeq + count - 1 };
    this.#room -= count;
    if (this.#inFlight.length >= callsInFlight) this.#add(await this.#inFlight.shift());
    return this.#sent.outcome !== 'gap';
  }

  async end(): Promise<Sent> {
    for (const call of this.#inFlight) this.#add(await call);
    return this.#sent;
  }

  async #append(after: Position, events: NumberedEvents, room: number): Promise<Sent> {
    const answer = await this.#stream.append(after, this.#generation, events, room);
    crashPoint('after-append');
    if (answer.outcome === 'gap') return { outcome: 'gap', appended: 0, last: beforeEverything, length: 0 };
    if (answer.outcome === 'generation-ahead') throw generationAhead(answer.last, this.#generation);
    return { outcome: 'done', appended: answer.appended, last: answer.last, length: answer.length };
  }

  #add(next: Sent | undefined): void {
    if (!next) return;
    if (next.outcome === 'gap' || this.#sent.outcome === 'gap') this.#sent = { ...this.#sent, outcome: 'gap' };
    else this.#sent = { ...next, appended: this.#sent.appended + next.appended };
  }
}

/** Cuts a slice into calls of at most a thousand events and about 4 MB. */
function* callsOf({ firstSeq, lines }: OutboxLines): Generator<NumberedEvents> {
  for (let at = 0; at < lines.count; ) {
    const call = lines.cut(at, eventsPerCall, bytesPerCall);
    yield { firstSeq: firstSeq + at, lines: call };
    at += call.count;
  }
}
