import type { Found } from '../../batch.ts';
import type { Prepared } from '../../record.ts';

/** A resource's row in `_sync_tables`: the number that stands for the resource, the next record's id, and how many are live. */
export interface Register {
  readonly id: number;
  readonly next: number;
  readonly live: number;
}

/** What is to be written to `_sync_records` after a batch. */
export interface Entries {
  /** New records. They get consecutive ids, from `first` on. */
  readonly first: number;
  readonly entering: readonly (readonly [key: string, hash: string, fields: string])[];
  /** Known records that are live from now on, with these hashes and digests of their fields. */
  readonly renewing: readonly (readonly [id: number, hash: string, fields: string])[];
  /** The register afterwards; null if it stays as it is. */
  readonly register: Register | null;
}

/**
 * Keeps account of what our entries are to say after a batch. It gives new records their ids and writes nothing itself: one
 * statement for all new entries is quicker than one for each.
 */
export class EntryBook {
  readonly #register: Register;
  readonly #ids: number[] = [];
  readonly #entering: [key: string, hash: string, fields: string][] = [];
  readonly #renewing: [id: number, hash: string, fields: string][] = [];
  #revived = 0;

  constructor(register: Register) {
    this.#register = register;
  }

  /** The record keeps the entry that it has: it is live, or it stays deleted where the database refuses to have it again. */
  keep(entry: Found['entry']): void {
    if (entry && !entry.deleted) this.#ids.push(entry.id);
  }

  /** The record is live, with this hash; `fields` has the digests of the row as the database keeps it. */
  enter({ key, hash }: Pick<Prepared, 'key' | 'hash'>, entry: Found['entry'], fields: string): void {
    this.#ids.push(entry?.id ?? this.#register.next + this.#entering.length);
    if (entry) this.#renewing.push([entry.id, hash, fields]);
    else this.#entering.push([key, hash, fields]);
    if (entry?.deleted) this.#revived += 1;
  }

  /** The id of every record that is live now, in the order in which the records were kept and entered. */
  get ids(): readonly number[] {
    return this.#ids;
  }

  get entries(): Entries {
    const { next, live } = this.#register;
    const created = this.#entering.length;
    const added = created + this.#revived;
    const register = { ...this.#register, next: next + created, live: live + added };
    return {
      first: next,
      entering: this.#entering,
      renewing: this.#renewing,
      register: added > 0 ? register : null,
    };
  }
}
