import { examples, introduction, notes } from './examples.ts';
import { configJsonSchema, type JsonSchema } from './json-schema.ts';
import { lastOf, type Option, type Place, placesOf, type Variant } from './places.ts';

/** The text of `docs/config.md`: every option of the config, from the schema that checks it. */
export function configPage(): string {
  const places = placesOf(configJsonSchema());
  return `${[introduction.trim(), ...places.flatMap((place) => sectionOf(place, places))].join('\n\n')}\n`;
}

/** The key of an example: the path of its object, the type of its adapter where that matters, and its own type. */
export function exampleKey({ path, within, isOfType }: Place, { type }: Variant): string {
  return [path, isOfType && `in ${within}`, type && `of ${type}`].filter(Boolean).join(' ');
}

function sectionOf(place: Place, places: readonly Place[]): string[] {
  const { path, description, variants } = place;
  const shared = sharedOptions(variants);
  return [
    path === '' ? '## The whole config' : `## ${titleOf(place)}`,
    description.replace(defaultSentence, ''),
    notes[path]?.trim() ?? '',
    ...(shared.length > 0 ? [sharedTitle(place), tableOf(shared, place, places)] : []),
    ...variants.flatMap((variant) => [
      variants.length === 1 ? '' : `### ${variantTitle(place, variant)}`,
      tableOf(ownOptions(variant, shared), withinOf(place, variant), places),
      ...(examples[exampleKey(place, variant)] ?? []).map((example) => exampleOf(path, example)),
    ]),
  ].filter((part) => part !== '');
}

/** What every type has, and in the same way, is listed once. A ready adapter lists nothing but what it extends. */
function sharedOptions(variants: readonly Variant[]): readonly Option[] {
  const [first, ...others] = variants.filter(({ type }) => type !== 'extends');
  if (!first || others.length === 0) return [];
  return first.options.filter(({ name, schema }) => {
    if (name === 'type' || name === 'resources') return false;
    return others.every(({ options }) =>
      options.some((option) => isSame(option.schema, schema) && option.name === name),
    );
  });
}

function isSame(one: JsonSchema, other: JsonSchema): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function ownOptions({ options }: Variant, shared: readonly Option[]): readonly Option[] {
  return options.filter((option) => !shared.some(({ name }) => name === option.name));
}

/** Where the places below it are: those of an adapter are in an adapter of its type. */
function withinOf(place: Place, { type }: Variant): Place {
  return place.path === 'adapters.<adapter>' ? { ...place, within: type } : place;
}

/** Unique on the page, since links lead there. */
function titleOf({ path, within, isOfType }: Place): string {
  return isOfType ? `\`${path}\` of ${adapterTitle(within)}` : `\`${path}\``;
}

function adapterTitle(type: string | null): string {
  return type === 'module' ? 'a module' : `\`${type}\``;
}

function variantTitle({ path }: Place, { type }: Variant): string {
  const what = nameOf(path);
  if (type === 'extends') return 'An adapter without a type: a ready adapter';
  if (type === 'module' && path === 'adapters.<adapter>') return 'An adapter whose type is a module';
  return `${what} of type \`${type}\``;
}

function sharedTitle({ path }: Place): string {
  return `### ${nameOf(path)}: options of every type`;
}

/** `Adapter` for `adapters.<adapter>`. */
function nameOf(path: string): string {
  const name = lastOf(path).replace(/[<>]/g, '');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function tableOf(options: readonly Option[], place: Place, places: readonly Place[]): string {
  const rows = options.map((option) => {
    const cells = [`\`${option.name}\``, typeCell(option, place, places), defaultOf(option, place), meaningOf(option)];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| option | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function typeCell({ schema, place: path }: Option, { within }: Place, places: readonly Place[]): string {
  if (path === null) return typeOf(schema);
  const exact = places.filter((place) => place.path === path);
  const place =
    exact.find((candidate) => candidate.within === within) ??
    exact[0] ??
    places.find((candidate) => lastOf(candidate.path) === lastOf(path));
  if (!place) return 'object';
  if (path.endsWith('>')) return `[objects by name](#${anchorOf(place)})`;
  const orList = schema.anyOf?.some(({ type }) => type === 'array') ? ', or a list of them' : '';
  return `[object](#${anchorOf(place)})${orList}`;
}

/** As GitHub makes them. */
function anchorOf(place: Place): string {
  return titleOf(place)
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** What may be written, in words. */
export function typeOf(schema: JsonSchema): string {
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms) return [...new Set(forms.map(typeOf))].join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`"${value}"\``).join(' or ');
  if (schema.type === 'string') return kindOfText(schema.pattern ?? '');
  if (schema.type === 'integer') return wholeNumber(schema);
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array') return schema.items?.enum ? 'list of these' : `list of ${plural(schema.items ?? {})}`;
  if (schema.type === 'object') return objectType(schema);
  return schema.type ?? 'any JSON';
}

const kinds: readonly (readonly [part: string, kind: string])[] = [
  ['(ms|s|m|h|d)', 'duration'],
  ['%$', 'share'],
  ['(B|kB', 'size'],
  ['https?:', 'URL'],
  ['postgres', 'URL'],
  ['rediss?:', 'URL or path'],
  ['[a-z0-9][a-z0-9._-]', 'name'],
];

function kindOfText(pattern: string): string {
  return kinds.find(([part]) => pattern.includes(part))?.[1] ?? 'text';
}

function wholeNumber({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  if (maximum < Number.MAX_SAFE_INTEGER) return `whole number from ${minimum} to ${maximum}`;
  return `whole number from ${minimum}`;
}

function objectType({ properties, additionalProperties }: JsonSchema): string {
  if (properties)
    return `\`{${Object.keys(properties)
      .map((name) => `"${name}": …`)
      .join(', ')}}\``;
  return typeof additionalProperties === 'object' ? `object of ${plural(additionalProperties)}` : 'object';
}

function plural(schema: JsonSchema): string {
  const type = typeOf(schema);
  if (type === 'any JSON') return 'JSON values';
  if (schema.enum || schema.anyOf) return `values, each ${type}`;
  return type.replace(/^whole number|$/, '$&s');
}

const defaultSentence = / ?Default: (.+?)\.?$/;

/** A ready adapter has them; every other config needs them. */
const readyHas: ReadonlySet<string> = new Set([
  'resources',
  'adapters',
  'resources.<resource>.key',
  'resources.<resource>.schema',
]);

function defaultOf({ name, schema, isRequired }: Option, { path }: Place): string {
  if (isRequired) return 'required';
  if (path === 'resources.<resource>.guard') return `that of \`guard.${name}\``;
  if (readyHas.has(path === '' ? name : `${path}.${name}`)) return 'required without a ready adapter';
  const said = defaultSentence.exec(schema.description ?? '')?.[1];
  if (said !== undefined) return said.replaceAll(/"[^"]+"/g, '`$&`');
  const value = JSON.stringify(schema.default);
  return schema.default === undefined || value === '{}' ? '' : `\`${value}\``;
}

function meaningOf({ name, schema: { description = '' } }: Option): string {
  if (description === '' && name === 'type') return 'The type.';
  return description.replace(defaultSentence, '');
}

function exampleOf(path: string, example: unknown): string {
  const name = lastOf(path);
  const start = path === '' ? '' : `"${sampleNames[name] ?? name}": `;
  return `\`\`\`json\n${start}${prettyJson(example, start.length)}\n\`\`\``;
}

const widest = 100;

/** JSON in which everything that fits is on one line, where `column` characters are before it. */
function prettyJson(value: unknown, column: number, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const inner = `${indent}  `;
  const members = (depth: string) =>
    Object.entries(value).map(([name, member]) => {
      const start = Array.isArray(value) ? '' : `${JSON.stringify(name)}: `;
      return start + prettyJson(member, depth.length + start.length, depth);
    });
  const line = `${open} ${members('').join(', ')} ${close}`.replace(/^\[ (.*) \]$/s, '[$1]');
  if (!line.includes('\n') && column + line.length <= widest) return line;
  return `${open}\n${inner}${members(inner).join(`,\n${inner}`)}\n${indent}${close}`;
}

/** What a name of the user's is in the examples. */
export const sampleNames: Readonly<Record<string, string>> = {
  '<resource>': 'customers',
  '<adapter>': 'acme',
  '<listener>': 'notify',
  '<field>': 'email',
};
