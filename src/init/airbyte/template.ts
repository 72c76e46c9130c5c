import { literal } from '../config.ts';
import { type Members, memberPath, membersOf } from '../json-places.ts';
import { variableName } from '../names.ts';

/** What a template may name: the parameters of its component, and the user's settings, which become variables. */
export interface Names {
  readonly adapter: string;
  readonly parameters: Members;
  /** The defaults of settings, by name. */
  readonly defaults: Members;
  /** Of a stream that is asked for once for each record of another one. */
  readonly partition?: Partition;
}

/** The value of a parent's record: what templates call it, and what stands for it in the config. */
export interface Partition {
  readonly field: string;
  /** `{id}` */
  readonly placeholder: string;
}

/**
 * A text of a manifest as the config writes it: `{{ config['site'] }}` becomes a variable, `{{ parameters.name }}` its value.
 * Null if it has any other expression.
 */
export function plainText(template: unknown, names: Names): string | null {
  if (typeof template === 'number' || typeof template === 'boolean') return String(template);
  if (typeof template !== 'string' || template.includes('{%')) return null;
  const parts = template.trim().split(/(\{\{.*?\}\})/s);
  const filled = parts.map((part) =>
    part.startsWith('{{') ? expressionText(part.slice(2, -2).trim(), names) : literal(part),
  );
  return filled.includes(null) ? null : filled.join('');
}

function expressionText(expression: string, names: Names): string | null {
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(expression);
  if (quoted) return literal(quoted[1] ?? quoted[2] ?? '');
  const path = pathOf(expression);
  if (path === null) return null;
  const [root = '', ...rest] = path.names;
  if (root === 'config' && rest.length > 0) return variable(rest, path.otherwise, names);
  if (isPartition(path.names, names)) return names.partition?.placeholder ?? null;
  if (root !== 'parameters' || rest.length !== 1) return null;
  const value = names.parameters[rest[0] ?? ''] ?? path.otherwise;
  return typeof value === 'string' || typeof value === 'number' ? plainText(value, { ...names, parameters: {} }) : null;
}

/** Whether a path leads to the value of a parent's record. */
export function isPartition([root, field, ...rest]: readonly string[], { partition }: Names): boolean {
  const isSlice = root === 'stream_partition' || root === 'stream_slice';
  return isSlice && rest.length === 0 && partition !== undefined && field === partition.field;
}

function variable(path: readonly string[], otherwise: string | undefined, { adapter, defaults }: Names): string {
  const usual = otherwise ?? (path.length === 1 ? membersOf(defaults)[path[0] ?? ''] : undefined);
  const isPlain =
    (typeof usual === 'string' || typeof usual === 'number') && !/[}$]/.test(String(usual)) && usual !== '';
  return `\${${variableName(adapter, ...path)}${isPlain ? `:-${usual}` : ''}}`;
}

interface Path {
  readonly names: readonly string[];
  /** The second argument of the last `get`. */
  readonly otherwise: string | undefined;
}

const step =
  /^(?:\.get\(\s*(?:'([^']+)'|"([^"]+)")\s*(?:,\s*(?:'([^']*)'|"([^"]*)"|([\w.{}-]+))\s*)?\)|\.([A-Za-z_]\w*)(?!\()|\[\s*(?:'([^']+)'|"([^"]+)"|(-?\d+))\s*\])/;

/** `config['a'].b.get('c', 'd')` as names; null if it is any other expression. */
export function pathOf(expression: string): Path | null {
  const [root] = /^[A-Za-z_]\w*/.exec(expression) ?? [];
  if (root === undefined) return null;
  const names = [root];
  let otherwise: string | undefined;
  for (let rest = expression.slice(root.length).trim(); rest !== ''; ) {
    const found = step.exec(rest);
    if (found === null) return null;
    names.push(found[1] ?? found[2] ?? found[6] ?? found[7] ?? found[8] ?? found[9] ?? '');
    otherwise = found[3] ?? found[4] ?? undefined;
    rest = rest.slice(found[0].length).trim();
  }
  return { names, otherwise };
}

/** Where an answer has a value, by an expression over `response`; the names, for `headers` and `last_record`. */
export function answerPath(template: unknown): readonly string[] | null {
  const [, expression] = typeof template === 'string' ? (/^\s*\{\{(.*?)\}\}\s*$/s.exec(template) ?? []) : [];
  return expression === undefined ? null : (pathOf(expression.trim())?.names ?? null);
}

/** Names and places as JMESPath. */
export function jmesPath(names: readonly string[]): string {
  return names.reduce(
    (path, name) => (/^-?\d+$/.test(name) ? `${path}[${name}]` : name === '*' ? `${path}[*]` : memberPath(path, name)),
    '',
  );
}
