/** A JSON object. */
export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function membersOf(value: unknown): Members {
  return isMembers(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The JMESPath of a member: `parent.name`, quoted where the name needs it. An empty parent is the document. */
export function memberPath(parent: string, name: string): string {
  const written = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
  return parent === '' ? written : `${parent}.${written}`;
}

/** One value of a document that is neither a list nor an object. */
export interface Scalar {
  readonly path: string;
  readonly name: string;
  /** The names of the objects around it, from the outermost. */
  readonly parents: readonly string[];
  readonly value: string | number | bigint | boolean | null;
  /** The members beside it. */
  readonly siblings: Members;
}

const deepest = 4;

/** The values of a document beside its lists, outermost first. */
export function scalarsIn(document: unknown): readonly Scalar[] {
  const found: Scalar[] = [];
  const walk = (members: Members, path: string, parents: readonly string[]): void => {
    for (const [name, value] of Object.entries(members)) {
      if (isScalar(value)) found.push({ path: memberPath(path, name), name, parents, value, siblings: members });
    }
    if (parents.length === deepest) return;
    for (const [name, value] of Object.entries(members)) {
      if (isMembers(value)) walk(value, memberPath(path, name), [...parents, name]);
    }
  };
  if (isMembers(document)) walk(document, '', []);
  return found;
}

export function isScalar(value: unknown): value is Scalar['value'] {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

/** The name of the member that a path leads to. */
export function lastName(path: string): string {
  return (
    /(?:"((?:[^"\\]|\\.)*)"|(\w+))$/
      .exec(path)
      ?.slice(1)
      .find((name) => name !== undefined) ?? path
  );
}
