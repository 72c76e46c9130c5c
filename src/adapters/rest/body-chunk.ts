import { hash } from 'node:crypto';
import type { RecognisableChunk } from '../../adapter.ts';
import type { RawRecord } from '../../record.ts';

/** The records of one answer, which are recognised by the bytes of its body. */
export class BodyChunk implements RecognisableChunk {
  readonly records: readonly RawRecord[];
  readonly #body: Uint8Array;
  /** How many records of the body come before these and are left out. */
  readonly #leftOut: number;
  #digest: string | undefined;

  constructor(body: Uint8Array, records: readonly RawRecord[], leftOut: number) {
    this.records = records;
    this.#body = body;
    this.#leftOut = leftOut;
  }

  /** Made when it is first asked for. */
  get digest(): string {
    this.#digest ??= `${hash('sha256', this.#body, 'base64url').slice(0, 22)}.${this.#leftOut}`;
    return this.#digest;
  }

  pick(positions: readonly number[]): RawRecord[] {
    return positions.filter((at) => at < this.records.length).map((at) => this.records[at]);
  }
}
