import type * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { shortened } from '../excerpt.ts';
import { nearest } from '../nearest.ts';

/** One thing that is wrong with the config. `expected` and `found` complete the sentence "expected …, found …". */
export interface Problem {
  /** `adapters.acme.resources.customers.pagination.type` */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** The word that was probably meant. */
  readonly suggestion?: string;
}

/** The config was read and is invalid. It has all problems together; nothing was fetched or written. */
export class InvalidConfigError extends ConfigError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const list = problems.map((problem) => `\n\n  ${problem.path}\n    ${sentenceOf(problem)}`).join('');
    super(`${file} has ${count}; nothing was fetched or written${list}\n`, {
      hint: 'Fix this, then run "cronsync check": it reads the config and connects, but makes no hit.',
    });
    this.problems = problems;
  }
}

function sentenceOf({ expected, found, suggestion }: Problem): string {
  const question = suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`;
  return `expected ${expected}, found ${found}.${question}`;
}

/** Translates an issue of the validator. */
export function problemOf(issue: v.BaseIssue<unknown>): Problem {
  const path = pathOf(issue.path?.map((step) => step.key) ?? []);
  const last = issue.path?.at(-1);
  if (last?.origin === 'key' && Array.isArray(issue.requirement))
    return unknownOption(path, String(last.key), issue.requirement);
  const found = last?.origin === 'key' && issue.expected === 'never' ? quote(last.key) : describe(issue.input);
  const suggestion = typeof issue.input === 'string' ? nearest(issue.input, quotedIn(issue.message)) : undefined;
  return { path, expected: issue.message, found, ...(suggestion !== undefined && { suggestion }) };
}

function unknownOption(path: string, key: string, known: readonly string[]): Problem {
  const suggestion = nearest(key, known);
  if (suggestion !== undefined) return { path, expected: 'an option that exists', found: quote(key), suggestion };
  return {
    path,
    expected: known.length === 0 ? 'no option here' : anyOf(known, 'one of the options'),
    found: quote(key),
  };
}

/** The phrase for an issue whose schema has none of its own. */
export function expectationOf(issue: v.BaseIssue<unknown>): string {
  const phrase = phrases[issue.type];
  if (phrase !== undefined) return phrase;
  const choices = quotedIn(issue.expected ?? '');
  return choices.length > 0 ? anyOf(choices) : `${issue.expected ?? 'something else'}`;
}

const phrases: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  strict_object: 'an object',
  loose_object: 'an object',
  record: 'an object',
};

/** `one of "a", "b" or "c"` */
export function anyOf(words: readonly string[], lead = 'one of'): string {
  const quoted = words.map((word) => quote(word));
  const last = quoted.pop();
  return quoted.length === 0 ? `${last}` : `${lead} ${quoted.join(', ')} or ${last}`;
}

/** A value as the user wrote it, shortened. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value) ?? String(value);
  return shortened(json, 79);
}

/** `a.b[0]["c d"]` */
export function pathOf(keys: readonly unknown[]): string {
  const steps = keys.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[\w$-]+$/.test(String(key)) ? `.${key}` : `[${quote(key)}]`;
  });
  return steps.join('').replace(/^\./, '') || '(the whole file)';
}

function quotedIn(text: string): string[] {
  return [...text.matchAll(/"([^"]+)"/g)].flatMap(([, word]) => (word === undefined ? [] : [word]));
}

function quote(word: unknown): string {
  return JSON.stringify(String(word));
}
