/** Names that JavaScript reserves, and that a config refuses. */
const reserved = new Set(['__proto__', 'constructor', 'prototype']);
/** With `onDelete: soft`, this column says when cronsync deleted the row. */
const ours = 'deleted_at';
/** The longest name of a column in Postgres, in bytes. */
const longest = 63;

/** The names of the columns of one table: each once, whatever the case of its letters is. */
export class ColumnNames {
  readonly #taken = new Set<string>([ours]);

  /** A free name like this one; null if no column can have it. */
  take(name: string): string | null {
    if (name === '' || reserved.has(name) || /[\0-\x1f]/.test(name) || !name.isWellFormed()) return null;
    const wanted = name.toLowerCase() === ours ? 'source_deleted_at' : cut(name, longest);
    for (let count = 1; count < 1000; count += 1) {
      const ending = count === 1 ? '' : `_${count}`;
      const free = `${cut(wanted, longest - ending.length)}${ending}`;
      if (this.#taken.has(free.toLowerCase())) continue;
      this.#taken.add(free.toLowerCase());
      return free;
    }
    return null;
  }
}

function cut(name: string, bytes: number): string {
  let kept = name;
  while (Buffer.byteLength(kept) > bytes) kept = [...kept].slice(0, -1).join('');
  return kept;
}
