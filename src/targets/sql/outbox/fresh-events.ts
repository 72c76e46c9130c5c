import type { Position } from '../../../event.ts';
import { EventLines } from '../../../event-lines.ts';
import type { OutboxLines } from '../../../target.ts';
import { type OutboxQuestions, outboxQuestions } from './outbox-questions.ts';
import type { OutboxRow } from './outbox-rows.ts';

/** Beyond this many bytes, the oldest are forgotten: the relay reads them from the outbox. */
const mostBytes = 2_000_000;

/**
 * The events of the last transactions of this run, for the relay, which need not read them back. The outbox stays the truth:
 * only what is committed comes here, and what is not here is read there.
 */
export class FreshEvents {
  /** One after the other, without a gap. */
  #rows: OutboxRow[] = [];
  #bytes = 0;

  /** Called once a transaction is committed, with the row that it has written. */
  add(row: OutboxRow): void {
    const last = this.#rows.at(-1);
    if (last && (last.generation !== row.generation || last.lastSeq + 1 !== row.firstSeq)) this.clear();
    this.#rows.push(row);
    this.#bytes += row.lines.bytes.length;
    while (this.#bytes > mostBytes) this.#forget(1);
  }

  /** The questions of a reader that these events can answer. */
  answering({ outboxLines }: OutboxQuestions): OutboxQuestions {
    return outboxQuestions(async (after, limit) => this.#after(after, limit) ?? outboxLines(after, limit));
  }

  /** Undefined where the events right after the position are not here. What is before it is passed, and is forgotten. */
  #after({ generation, seq }: Position, limit: number): OutboxLines | undefined {
    const start = this.#rows.findIndex(
      (row) => row.generation === generation && row.firstSeq <= seq + 1 && seq < row.lastSeq,
    );
    const first = this.#rows[start];
    if (!first) return undefined;
    this.#forget(start);
    const rows = this.#rows.filter(({ firstSeq }) => firstSeq <= seq + limit);
    const lines = EventLines.join(rows.map((row) => row.lines));
    return { generation, firstSeq: seq + 1, lines: lines.slice(seq + 1 - first.firstSeq) };
  }

  /** Called where rows of the outbox get other numbers. */
  clear(): void {
    this.#forget(this.#rows.length);
  }

  #forget(count: number): void {
    for (const { lines } of this.#rows.splice(0, count)) this.#bytes -= lines.bytes.length;
  }
}
