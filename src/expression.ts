/** Picks something out of a document; null where it is not there. Pure. */
export type Expression = (document: unknown) => unknown;

/**
 * Compiles an expression (JMESPath community edition). Plain paths such as `a.b.c` and `a."b-c"` are our own and never
 * load the library. Throws `ConfigError` naming the text. Run-time type errors are the library's own.
 */
export async function compileExpression(text: string): Promise<Expression> {
  const path = plainPath(text);
  if (path) return followPath(path);
  const { compileJmesPath } = await import('./jmespath.ts');
  return compileJmesPath(text);
}

/** The names of a plain path, empty for `@`; undefined if the expression is more than that. */
export function plainPath(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  if (trimmed === '@') return [];
  if (!/^(?:[A-Za-z_]\w*|"[^"\\]+")(?:\.(?:[A-Za-z_]\w*|"[^"\\]+"))*$/.test(trimmed)) return undefined;
  return (trimmed.match(/"[^"]+"|\w+/g) ?? []).map((name) => name.replaceAll('"', ''));
}

/** Follows names through plain objects, by their own members only; `__proto__` is never one. */
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
