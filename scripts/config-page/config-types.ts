import { configJsonSchema, type JsonSchema } from './json-schema.ts';

const header = `// Made by "npm run docs" from src/config/schema/. Do not edit.

`;

/** The text of `src/written-config.ts`: the type of a config as a person writes it, from the schema that checks it. */
export function configTypes(): string {
  return `${header}/** A config as it is written. \`docs/config.md\` explains each option. */\nexport interface Config ${typeOf(configJsonSchema(), '')}\n`;
}

function typeOf(schema: JsonSchema, indent: string): string {
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms) return union(forms.map((form) => typeOf(form, indent)));
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum) return union(schema.enum.map(literal));
  if (schema.type === 'string') return isModule(schema) ? moduleName : 'string';
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'boolean' || schema.type === 'null') return schema.type;
  if (schema.type === 'array') return listOf(typeOf(schema.items ?? {}, indent));
  return schema.type === 'object' ? objectType(schema, indent) : 'unknown';
}

function objectType({ properties, required = [], additionalProperties, not }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties ?? {}).flatMap(([name, schema]) => {
    const isRequired = required.includes(name);
    const member = `readonly ${literalName(name)}${isRequired ? '' : '?'}: ${typeOf(schema, inner)}`;
    return [...comment(schema), `${member}${isRequired ? '' : ' | undefined'};`];
  });
  const members = typeof additionalProperties === 'object' ? typeOf(additionalProperties, inner) : 'unknown';
  // A ready adapter is known by having no type.
  if (not) lines.push('readonly type?: undefined;');
  if (additionalProperties !== false) lines.push(`readonly [name: string]: ${members};`);
  return `{\n${lines.map((line) => `${inner}${line}\n`).join('')}${indent}}`;
}

/** Any text would also be \`"rest"\`, and then nothing of an adapter's options would be checked. */
const moduleName = '`.${string}` | `/${string}` | `@${string}` | `${string}-${string}`';

function isModule({ pattern = '' }: JsonSchema): boolean {
  return pattern.startsWith('^(?!(?:rest|file|singer)$)');
}

function comment({ description }: JsonSchema): readonly string[] {
  return description === undefined ? [] : [`/** ${description.replaceAll('*/', '*\\/')} */`];
}

function listOf(type: string): string {
  return `readonly ${type.includes('|') ? `(${type})` : type}[]`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function literalName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}
