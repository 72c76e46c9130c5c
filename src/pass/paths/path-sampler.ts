import type { FieldPaths, JsonType, TypeCounts } from '../../field-paths.ts';
import type { Prepare, RawRecord } from '../../record.ts';

/** So many records of a page are looked at: all of the first hundred, and then one after each fifteen in a hundred more. */
const mostRecords = 200;
const allOf = 100;
const stride = 1.15;

/** Bounds of what is kept, and of what is looked at in one object or list. */
export const mostPaths = 300;
const mostDepth = 6;
const mostMembers = 300;
const mostElements = 20;

/** The position of the next record that is looked at. */
function after(at: number): number {
  return at + 1 < allOf ? at + 1 : Math.ceil((at + 1) * stride);
}

/** The field paths of one page, from a sample of its records: it costs the same for ten million records as for a thousand. */
export class PathSampler {
  readonly #root: Step = new Step('');
  #came = 0;
  #next = 0;
  #looked = 0;
  #paths = 0;
  #hasMore = false;

  /** The same function, which looks at the records as well. */
  around(prepare: Prepare): Prepare {
    return (raw) => {
      this.note(raw);
      return prepare(raw);
    };
  }

  /** Called for each record of the page, in order. */
  note(raw: RawRecord): void {
    const at = this.#came;
    this.#came += 1;
    if (at !== this.#next || this.#looked === mostRecords) return;
    this.#next = after(at);
    this.#look(raw);
  }

  /** Called in place of so many records that are not read. Returns those that it has picked to look at. */
  passOver(count: number, pick: (positions: readonly number[]) => readonly RawRecord[]): readonly RawRecord[] {
    const positions: number[] = [];
    const end = this.#came + count;
    while (this.#next < end && this.#looked + positions.length < mostRecords) {
      positions.push(this.#next - this.#came);
      this.#next = after(this.#next);
    }
    this.#came = end;
    const picked = positions.length === 0 ? [] : pick(positions);
    for (const raw of picked) this.#look(raw);
    return picked;
  }

  #look(raw: RawRecord): void {
    this.#looked += 1;
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) this.#noteMembers(raw, this.#root, 1);
  }

  found(): FieldPaths {
    return {
      records: this.#looked,
      paths: Object.fromEntries(this.#root.paths()),
      hasMore: this.#hasMore,
    };
  }

  #noteMembers(parent: object, step: Step, depth: number): void {
    const names = Object.keys(parent);
    if (names.length > mostMembers) this.#hasMore = true;
    for (const name of names.slice(0, mostMembers))
      this.#noteValue((parent as Readonly<Record<string, unknown>>)[name], step, name, depth);
  }

  #noteValue(value: unknown, parent: Step, name: Name, depth: number): void {
    if (value === undefined) return;
    const step = parent.children.get(name) ?? this.#added(parent, name, depth);
    if (!step) return;
    const type = typeOf(value);
    step.count(type, this.#looked);
    if (type === 'object') this.#noteMembers(value as object, step, depth + 1);
    if (type !== 'array') return;
    for (const element of (value as readonly unknown[]).slice(0, mostElements))
      this.#noteValue(element, step, elements, depth + 1);
  }

  #added(parent: Step, name: Name, depth: number): Step | undefined {
    const written = typeof name === 'string' && data.test(name) ? '*' : name;
    const known = written === name ? undefined : parent.children.get(written);
    if (known) return known;
    if (depth > mostDepth || this.#paths === mostPaths) {
      this.#hasMore = true;
      return undefined;
    }
    this.#paths += 1;
    const step = new Step(parent.pathOf(written));
    parent.children.set(written, step);
    return step;
  }
}

const elements: unique symbol = Symbol('the elements of a list');

/** The name of a member, or what stands for all elements. */
type Name = string | typeof elements;

/** One step of a path, and those that lead on from it. */
class Step {
  readonly children = new Map<Name, Step>();
  readonly #path: string;
  readonly #counts = new Map<JsonType, number>();
  /** The record that each type was counted for last: a list counts once. */
  readonly #countedFor = new Map<JsonType, number>();

  constructor(path: string) {
    this.#path = path;
  }

  count(type: JsonType, record: number): void {
    if (this.#countedFor.get(type) === record) return;
    this.#countedFor.set(type, record);
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  /** The path of a child, as JMESPath writes it. */
  pathOf(name: Name): string {
    if (name === elements) return `${this.#path}[]`;
    const written = name === '*' || /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
    return this.#path === '' ? written : `${this.#path}.${written}`;
  }

  *paths(): Generator<readonly [string, TypeCounts]> {
    for (const child of this.children.values()) {
      yield [child.#path, Object.fromEntries(child.#counts)];
      yield* child.paths();
    }
  }
}

/** The name of a member is a value itself, as in an object that is a table: an id, a date, a digest, an address, a long text. */
const data = /^\d+$|^\d{4}-\d\d-\d\d|\d{8}|[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}-|@|^.{61}/i;

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  if (type === 'object' || type === 'string' || type === 'boolean') return type;
  return 'number';
}
