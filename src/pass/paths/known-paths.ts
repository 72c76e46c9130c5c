import { type FieldPaths, type JsonType, type SchemaChange, type TypeCounts, typesOf } from '../../field-paths.ts';
import { mostPaths } from './path-sampler.ts';

/** The paths of two pages of one pass together. */
export function sumPaths(a: FieldPaths | null, b: FieldPaths): FieldPaths {
  if (a === null) return b;
  const paths = new Map(Object.entries(a.paths));
  for (const [path, counts] of Object.entries(b.paths)) paths.set(path, sumCounts(paths.get(path) ?? {}, counts));
  return bounded(a.records + b.records, paths, a.hasMore || b.hasMore);
}

/**
 * What is known once a complete pass has seen `now`. What is rare is not forgotten when a pass has none of it: it would be new
 * each time that it comes again.
 */
export function learnPaths(known: FieldPaths, now: FieldPaths, { isWhole }: { readonly isWhole: boolean }): FieldPaths {
  const paths = new Map<string, TypeCounts>();
  for (const [path, counts] of Object.entries(now.paths)) paths.set(path, isWhole ? counts : onceEach(typesIn(counts)));
  for (const [path, counts] of Object.entries(known.paths)) {
    const found = Object.hasOwn(now.paths, path) ? now.paths[path] : undefined;
    const kept = isWhole ? onceEach(typesIn(counts).filter((type) => mayComeAgain(type, counts, known, now))) : counts;
    const learnt = isWhole ? { ...kept, ...found } : { ...paths.get(path), ...kept };
    if (Object.keys(learnt).length > 0) paths.set(path, learnt);
  }
  return bounded(isWhole ? now.records : known.records, paths, known.hasMore || now.hasMore);
}

/** What is known of a path, and what the pass has seen of it. */
interface Compared {
  readonly path: string;
  readonly before: TypeCounts;
  readonly after: TypeCounts;
}

/**
 * How the records of a complete pass differ in shape from those that are known. Pure. What is gone, or always null, is judged
 * only if the pass `isWhole`, and only where enough records had it: that this pass has none by chance is as likely as one in a
 * thousand. Of a path that changes, those that lead on from it are left out.
 */
export function compareShapes(
  known: FieldPaths,
  now: FieldPaths,
  { isWhole, ...found }: { readonly isWhole: boolean; readonly at: number; readonly pass: number },
): SchemaChange[] {
  const before = new Map(Object.entries(known.paths));
  const after = new Map(Object.entries(now.paths));
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const changes = paths.flatMap((path) => {
    const compared = { path, before: before.get(path) ?? {}, after: after.get(path) ?? {} };
    const is = changeOf(compared, known, now, isWhole);
    return is === null ? [] : { path, is, from: typesOf(compared.before), to: typesOf(compared.after), ...found };
  });
  return withoutDescendants(changes);
}

function changeOf(
  { before, after }: Compared,
  known: FieldPaths,
  now: FieldPaths,
  isWhole: boolean,
): SchemaChange['is'] | null {
  if (isEmpty(before)) return isFull(known) ? null : 'new';
  const had = typesOf(before);
  if (isEmpty(after)) {
    if (!isWhole || isFull(now)) return null;
    return typesIn(before).some((type) => !mayComeAgain(type, before, known, now)) ? 'gone' : null;
  }
  const has = typesOf(after);
  if (has.length > 0) return had.length > 0 && has.some((type) => !had.includes(type)) ? 'other-type' : null;
  return isWhole && had.some((type) => !mayComeAgain(type, before, known, now)) ? 'always-null' : null;
}

/** How likely it is at most that a pass has none by chance. */
const improbable = 0.001;

/** Whether it may be by chance that this pass has none of a type, as far as one can say from so few records. */
function mayComeAgain(type: JsonType, counts: TypeCounts, known: FieldPaths, now: FieldPaths): boolean {
  const share = (counts[type] ?? 0) / (known.records + 1);
  return (1 - share) ** now.records > improbable;
}

function withoutDescendants(changes: readonly SchemaChange[]): SchemaChange[] {
  const changed = new Set(changes.map(({ path }) => path));
  return changes.filter(({ path }) => !ancestorsOf(path).some((ancestor) => changed.has(ancestor)));
}

/** `a` and `a[]` of `a[].b`. */
function ancestorsOf(path: string): string[] {
  const steps = path.match(/(?:^|\.)(?:"(?:[^"\\]|\\.)*"|[^.[\]"]+)|\[\]/g) ?? [];
  return steps.slice(0, -1).map((_step, at) => steps.slice(0, at + 1).join(''));
}

function typesIn(counts: TypeCounts): JsonType[] {
  return Object.keys(counts) as JsonType[];
}

function onceEach(types: readonly JsonType[]): TypeCounts {
  return Object.fromEntries(types.map((type) => [type, 1]));
}

function sumCounts(a: TypeCounts, b: TypeCounts): TypeCounts {
  const types = new Set([...typesIn(a), ...typesIn(b)]);
  return Object.fromEntries([...types].map((type) => [type, (a[type] ?? 0) + (b[type] ?? 0)]));
}

function isEmpty(counts: TypeCounts): boolean {
  return typesIn(counts).length === 0;
}

/** A path that is not there may be one for which there was no room. */
function isFull({ paths }: FieldPaths): boolean {
  return Object.keys(paths).length >= mostPaths;
}

function bounded(records: number, paths: ReadonlyMap<string, TypeCounts>, hasMore: boolean): FieldPaths {
  const kept = [...paths].slice(0, mostPaths);
  return { records, paths: Object.fromEntries(kept), hasMore: hasMore || kept.length < paths.size };
}
