import { compile, TreeInterpreter, TYPE_ANY } from '@jmespath-community/jmespath';
import { ConfigError, messageOf } from './errors.ts';
import { hasLongDigits } from './json.ts';

type Library = typeof TreeInterpreter;
type Node = ReturnType<typeof compile>;
type Scope = Parameters<Library['withScope']>[0];
type Comparison = (Node & { readonly type: 'Comparator' })['name'];

const Interpreter = TreeInterpreter.constructor as new () => Library;

/**
 * The library's interpreter, extended so that integers past 2^53 are numbers too. The library does not know bigints: it never
 * finds a comparison with one true, so a filter would drop the record silently.
 */
class ExactInterpreter extends Interpreter {
  constructor() {
    super();
    const any = [{ types: [TYPE_ANY] }];
    this.runtime.registerFunction('to_string', ([value]) => textOf(value), any, { override: true });
    this.runtime.registerFunction('encode', ([value]) => encoded(value), any);
    this.runtime.registerFunction('type', ([value]) => typeOf(value), any, { override: true });
  }

  override visit(...[node, value]: Parameters<Library['visit']>): ReturnType<Library['visit']> {
    if (node.type !== 'Comparator') return super.visit(node, value);
    const [left, right] = [this.visit(node.left, value), this.visit(node.right, value)];
    if (isInteger(left) || isInteger(right)) return compare(left, node.name, right);
    return super.visit({ ...node, left: literal(left), right: literal(right) }, value);
  }

  override withScope(scope: Scope): Library {
    const inner = new ExactInterpreter();
    return Object.assign(inner, super.withScope(scope), { runtime: inner.runtime });
  }
}

/** Node 22 has it, and TypeScript's library does not have it yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => object };

const interpreter = new ExactInterpreter();

/** Compiles an expression of the community edition. Throws `ConfigError` naming the text. */
export function compileJmesPath(text: string): (document: unknown) => unknown {
  const tree = parsed(text);
  refuseNode(tree, text);
  return (document) => interpreter.search(tree, document as Parameters<Library['search']>[1]);
}

function parsed(text: string): Node {
  try {
    return compile(text);
  } catch (error) {
    throw new ConfigError(
      `\`${text}\` is not a JMESPath expression: ${messageOf(error)}; nothing was fetched or written`,
      {
        cause: error,
        hint: 'Correct this expression in the config. A path has one dot between two names, such as contact.email.',
      },
    );
  }
}

/**
 * Refuses what the library would get wrong. It looks names up along the prototype chain, where every object has a `constructor`
 * and similar names, and it reads literals with JSON.parse, which rounds.
 */
function refuseNode(node: unknown, text: string): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, name, value } = node as { readonly type?: unknown; readonly name?: unknown; readonly value?: unknown };
  if (type === 'Field' && typeof name === 'string' && name in Object.prototype) {
    throw new ConfigError(`\`${text}\` names \`${name}\`, which is possible only in a plain path`);
  }
  if (type === 'Literal' && hasLongDigits(text) && isRounded(value)) {
    throw new ConfigError(`\`${text}\` has an integer past 2^53, which a literal cannot hold`, {
      hint: "Compare it as text: to_string(id) == '9007199254740993'.",
    });
  }
  for (const child of Object.values(node)) refuseNode(child, text);
}

function isRounded(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isRounded);
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function isInteger(value: unknown): value is bigint {
  return typeof value === 'bigint';
}

/** Compares two values of which at least one is a bigint. JavaScript compares it with a number exactly. */
function compare(left: unknown, by: Comparison, right: unknown): boolean | null {
  if (by === 'EQ') return left === right;
  if (by === 'NE') return left !== right;
  if (![left, right].every((value) => isInteger(value) || typeof value === 'number')) return null;
  const [a, b] = [left as bigint, right as bigint];
  return { GT: a > b, GTE: a >= b, LT: a < b, LTE: a <= b }[by];
}

function literal(value: ReturnType<Library['visit']>): Node {
  return { type: 'Literal', value } as Node;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_name, member) => (isInteger(member) ? rawJSON(member.toString()) : member));
}

/** Percent-encodes a text for a URL (RFC 3986, section 2.1). */
function encoded(value: unknown): string {
  if (typeof value === 'object')
    throw new Error(`Invalid type: encode() takes a text or a number, not ${typeOf(value)}`);
  const text = String(value);
  if (!text.isWellFormed()) throw new Error('Invalid value: encode() takes text without half a surrogate pair');
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return isInteger(value) ? 'number' : typeof value;
}
