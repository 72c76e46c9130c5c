import { parseJson } from '../../json.ts';

/** One value inside of a JSON document. */
export interface Leaf {
  /** The way to it: `items[2].price`. */
  readonly path: string;
  /** The same without the places in lists: `items[].price`. */
  readonly shape: string;
  /** As JSON. */
  readonly value: string;
}

type Step = Pick<Leaf, 'path' | 'shape'>;

/** The leaves of a JSON text in their order; undefined if the text is not JSON. Empty lists and empty objects are leaves. */
export function leavesOf(json: string): Leaf[] | undefined {
  try {
    return [...leaves(parseJson(json), { path: '', shape: '' })];
  } catch {
    return undefined;
  }
}

function* leaves(value: unknown, { path, shape }: Step): Iterable<Leaf> {
  const members = membersOf(value);
  if (members.length === 0)
    yield { path, shape, value: typeof value === 'bigint' ? `${value}` : JSON.stringify(value) };
  for (const [step, member] of members) {
    const from = path === '' && step.path.startsWith('.') ? 1 : 0;
    yield* leaves(member, { path: path + step.path.slice(from), shape: shape + step.shape });
  }
}

function membersOf(value: unknown): (readonly [Step, unknown])[] {
  if (Array.isArray(value)) return value.map((member, at) => [{ path: `[${at}]`, shape: '[]' }, member]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, member]) => {
    const path = /^[A-Za-z_][\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    return [{ path, shape: path }, member];
  });
}
