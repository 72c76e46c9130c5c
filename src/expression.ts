/** Reads one value from a document; null if it is not there. Pure. */
export type Expression = (document: unknown) => unknown;

/**
 * Compiles an expression (JMESPath community edition). Plain paths such as `a.b.c` and `a."b-c"` are followed without the
 * library. Throws `ConfigError` naming the text. Type errors at run time are those of the library.
 */
export async function compileExpression(text: string): Promise<Expression> {
  const path = plainPath(text);
  if (path) return followPath(path);
  const { compileJmesPath } = await import('./jmespath.ts');
  return compileJmesPath(text);
}

/** The names of a plain path, empty for `@`; undefined for any other expression. */
export function plainPath(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  if (trimmed === '@') return [];
  if (!/^(?:[A-Za-z_]\w*|"[^"\\]+")(?:\.(?:[A-Za-z_]\w*|"[^"\\]+"))*$/.test(trimmed)) return undefined;
  return (trimmed.match(/"[^"]+"|\w+/g) ?? []).map((name) => name.replaceAll('"', ''));
}

/** Follows names through plain objects, only by own members and never by `__proto__`. */
export function followPath(path: readonly string[]): Expression {
  const [only] = path;
  if (path.length === 1 && only !== undefined) return (document) => member(document, only);
  return (document) => path.reduce(member, document);
}

function member(parent: unknown, name: string): unknown {
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return null;
  if (name === '__proto__' || !Object.hasOwn(parent, name)) return null;
  return (parent as Readonly<Record<string, unknown>>)[name] ?? null;
}
