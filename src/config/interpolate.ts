import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { type Problem, pathOf } from './problems.ts';
import { isObject } from './schema/objects.ts';
import { isSecretName } from './secrets.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where variables and mounted files are looked up. A relative path is relative to the config's folder. */
export interface Sources {
  readonly env: Environment;
  readonly dir: string;
}

export interface Interpolated {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Values that came from a file, or from a variable whose name says that it is a secret. */
  readonly secrets: readonly string[];
  /** The variables and files that it names, each with the path where it stands. */
  readonly references: readonly Reference[];
}

export interface Reference {
  /** `ACME_TOKEN`, or `/run/secrets/token`. */
  readonly name: string;
  readonly path: readonly unknown[];
}

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}` in every string of the config; `$${` stands for `${`.
 * As in a shell, `:-` also replaces an empty variable. Members that are undefined are left out.
 */
export function interpolate(config: unknown, sources: Sources, path: readonly unknown[] = []): Interpolated {
  const problems: Problem[] = [];
  const secrets: string[] = [];
  const references: Reference[] = [];

  const walk = (value: unknown, path: readonly unknown[]): unknown => {
    if (typeof value === 'string') return fill(value, path);
    if (Array.isArray(value)) return value.map((element, at) => walk(element, [...path, at]));
    if (!isObject(value)) return value;
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([key, member]) => [key, walk(member, [...path, key])]));
  };

  const fill = (text: string, path: readonly unknown[]): string =>
    text.replace(/\$\$\{|\$\{([^}]*)\}/g, (whole, reference: string | undefined) => {
      if (reference === undefined) return '${';
      references.push({ name: reference.replace(/^file:|:-.*$/gs, ''), path });
      const found = lookUp(reference, sources);
      if ('expected' in found) problems.push({ path: pathOf(path), ...found });
      if ('secret' in found && found.secret) secrets.push(found.text);
      return 'text' in found ? found.text : whole;
    });

  return { value: walk(config, path), problems, secrets, references };
}

type Found =
  | { readonly text: string; readonly secret: boolean }
  | { readonly expected: string; readonly found: string };

function lookUp(reference: string, { env, dir }: Sources): Found {
  if (reference.startsWith('file:')) return readSecret(resolve(dir, reference.slice('file:'.length)));
  const [, name, fallback] = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(reference) ?? [];
  if (name === undefined) {
    return {
      expected: `\${NAME}, \${NAME:-default} or \${file:/path} (write $\${ for a plain \${)`,
      found: `\${${reference}}`,
    };
  }
  const value = fallback === undefined ? env[name] : env[name] || fallback;
  if (value === undefined) {
    return {
      expected: `the environment variable ${name} to be set (or a default: \${${name}:-…})`,
      found: 'no such variable',
    };
  }
  return { text: value, secret: isSecretName(name) };
}

/** A mounted secret, without the line end that editors leave behind it. */
function readSecret(file: string): Found {
  try {
    return { text: readFileSync(file, 'utf8').replace(/\r?\n$/, ''), secret: true };
  } catch (error) {
    return { expected: `the file ${file} to be readable`, found: messageOf(error) };
  }
}
