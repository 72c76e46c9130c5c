import * as v from 'valibot';

type Run = v.GenericSchema['~run'];
type Result = v.OutputDataset<unknown, v.BaseIssue<unknown>>;
type Input = Readonly<Record<string, unknown>>;

/** Whether a value is an object with members. A list and null are not. */
export function isObject(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An object with these members and no others. Unlike valibot's own it refuses lists, reports every unknown member rather
 * than the first, says which ones it knows (as the issue's `requirement`), and explains a missing one by its description.
 * `removed` has what to say about members of earlier releases.
 */
export function closed<const Entries extends v.ObjectEntries>(
  entries: Entries,
  removed: Readonly<Record<string, string>> = {},
) {
  const schema = v.strictObject(entries, (issue) => expectationOf(entries, issue));
  const inner: Run = schema['~run'].bind(schema);
  const strict: Run = (dataset, config) => {
    if (!isObject(dataset.value)) return refuse(schema, dataset, config);
    const input = dataset.value;
    const isKnown = (key: string) => Object.hasOwn(entries, key);
    const known = Object.fromEntries(Object.entries(input).filter(([key]) => isKnown(key)));
    const result = inner({ value: known }, config);
    for (const key of Object.keys(input)) {
      if (isKnown(key)) continue;
      const message = Object.hasOwn(removed, key) ? removed[key] : undefined;
      const about = message === undefined ? { requirement: Object.keys(entries) } : { message };
      addKeyIssue(schema, about, result, config, { input, key });
    }
    return result;
  };
  return Object.assign(schema, { '~run': strict as (typeof schema)['~run'] });
}

/** An object whose members the user names: `{"customers": …, "orders": …}`. Lists, and names that JavaScript reserves, are refused. */
export function named<const Name extends v.GenericSchema<string, string>, const Value extends v.GenericSchema>(
  name: Name,
  value: Value,
) {
  const schema = v.record(name, value);
  const inner: Run = schema['~run'].bind(schema);
  const strict: Run = (dataset, config) => {
    if (!isObject(dataset.value)) return refuse(schema, dataset, config);
    const input = dataset.value;
    const result = inner({ value: input }, config);
    for (const key of Object.keys(input).filter((key) => reserved.has(key))) {
      addKeyIssue(schema, { message: 'another name: this one is reserved by JavaScript' }, result, config, {
        input,
        key,
      });
    }
    return result;
  };
  return Object.assign(schema, { '~run': strict as (typeof schema)['~run'] });
}

/** Names that valibot leaves out without an error. */
const reserved: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function refuse(schema: v.GenericSchema, { value }: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>): Result {
  const result: Result = { typed: true, value };
  v._addIssue({ ...schema, message: 'an object' }, 'type', result, config);
  return result;
}

function addKeyIssue(
  schema: v.GenericSchema,
  about: { readonly requirement?: readonly string[]; readonly message?: string },
  dataset: Result,
  config: v.Config<v.BaseIssue<unknown>>,
  { input, key }: { readonly input: Input; readonly key: string },
): void {
  const path = [{ type: 'object', origin: 'key', input, key, value: input[key] }] as [v.ObjectPathItem];
  v._addIssue({ ...schema, ...about }, 'key', dataset, config, { input: key, expected: 'never', path });
}

function expectationOf(entries: v.ObjectEntries, issue: v.BaseIssue<unknown>): string {
  const missing = issue.path?.[0]?.key;
  const entry = typeof missing === 'string' ? entries[missing] : undefined;
  const description = entry && 'pipe' in entry ? v.getDescription(entry as v.GenericSchema) : undefined;
  return description === undefined ? 'an object' : asPhrase(description);
}

/** The first sentence of a description, as a phrase inside another sentence. */
function asPhrase(description: string): string {
  const [sentence = ''] = description.split(/\.(?: |$)/);
  return sentence.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

const variableName = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable'));

/** The environment of a program that cronsync starts. */
export function variables(program: 'tap' | 'command') {
  const description =
    `Variables that the ${program} gets. Of the environment of cronsync it has only PATH, HOME, USER, LOGNAME, SHELL, ` +
    'TMPDIR, TZ, LANG, LANGUAGE and LC_*.';
  return v.exactOptional(v.pipe(named(variableName, v.string()), v.description(description)), {});
}
