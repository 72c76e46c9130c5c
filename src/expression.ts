import { ConfigError, messageOf } from './errors.ts';

/** Picks something out of a document; null where it is not there. Pure. */
export type Expression = (document: unknown) => unknown;

/**
 * Compiles an expression (JMESPath community edition). Plain paths such as `a.b.c` and `a."b-c"` are our own and never
 * load the library. Throws `ConfigError` naming the text. Run-time type errors are the library's own.
 */
export async function compileExpression(text: string): Promise<Expression> {
  const path = plainPath(text);
  return path ? followPath(path) : compileJmesPath(text);
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

async function compileJmesPath(text: string): Promise<Expression> {
  const { compile, TreeInterpreter } = await import('@jmespath-community/jmespath');
  const tree = parsed(text, compile);
  refuseInherited(tree, text);
  return (document) => TreeInterpreter.search(tree, document as Parameters<typeof TreeInterpreter.search>[1]);
}

function parsed<Tree>(text: string, compile: (text: string) => Tree): Tree {
  try {
    return compile(text);
  } catch (error) {
    throw new ConfigError(`\`${text}\` is no JMESPath expression: ${messageOf(error)}`, { cause: error });
  }
}

/** The library looks names up along the prototype chain, where `constructor` and its like are found in every object. */
function refuseInherited(node: unknown, text: string): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, name } = node as { readonly type?: unknown; readonly name?: unknown };
  if (type === 'Field' && typeof name === 'string' && name in Object.prototype) {
    throw new ConfigError(`\`${text}\` names \`${name}\`, which is possible in a plain path only`);
  }
  for (const child of Object.values(node)) refuseInherited(child, text);
}
