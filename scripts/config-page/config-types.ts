import { configJsonSchema, type JsonSchema } from './json-schema.ts';

const header = `// Made by "npm run docs" from src/config/schema/. Do not edit.

`;

/** The text of `src/written-config.ts`: the type of a config as a person writes it, from the schema that checks it. */
export function configTypes(): string {
  const schema = configJsonSchema();
  const types = new Types(schema);
  const config = `/** A config as it is written. \`docs/config.md\` explains each option. */\nexport interface Config ${types.of(schema, '')}\n`;
  return `${header}${config}${types.declared()}`;
}

/** The shortest text of a type that gets a name when it stands in several places. */
const worthAName = 200;

/** What stands in several places has a name, after the first member that has it, unless another type has that name. */
class Types {
  readonly #names = new Map<string, string>();
  readonly #texts = new Map<string, string>();

  constructor(root: JsonSchema) {
    const found = new Map<string, { readonly name: string; readonly length: number; times: number }>();
    for (const { name, schema } of membersOf(root)) {
      const form = formOf(schema);
      const known = found.get(form) ?? { name: typeName(name), length: this.of(schema, '').length, times: 0 };
      known.times += 1;
      found.set(form, known);
    }
    const taken = new Set<string>();
    for (const [form, { name, length, times }] of found) {
      if (times === 1 || length < worthAName || taken.has(name)) continue;
      taken.add(name);
      this.#names.set(form, name);
    }
  }

  of(schema: JsonSchema, indent: string): string {
    const forms = schema.anyOf ?? schema.oneOf;
    if (forms) return union(forms.map((form) => this.of(form, indent)));
    if (schema.const !== undefined) return literal(schema.const);
    if (schema.enum) return union(schema.enum.map(literal));
    if (schema.type === 'string') return isModule(schema) ? moduleName : 'string';
    if (schema.type === 'integer' || schema.type === 'number') return 'number';
    if (schema.type === 'boolean' || schema.type === 'null') return schema.type;
    if (schema.type === 'array') return listOf(this.of(schema.items ?? {}, indent));
    return schema.type === 'object' ? this.#object(schema, indent) : 'unknown';
  }

  /** The types that have a name, each as it is first met. */
  declared(): string {
    return [...this.#texts].map(([name, text]) => `\ntype ${name} = ${text};\n`).join('');
  }

  #member(schema: JsonSchema, indent: string): string {
    const name = this.#names.get(formOf(schema));
    if (name === undefined) return this.of(schema, indent);
    if (!this.#texts.has(name)) {
      // Holds its place among the names, which may be met again inside it.
      this.#texts.set(name, '');
      this.#texts.set(name, this.of(schema, ''));
    }
    return name;
  }

  #object({ properties, required = [], additionalProperties, not }: JsonSchema, indent: string): string {
    const inner = `${indent}  `;
    const lines = Object.entries(properties ?? {}).flatMap(([name, schema]) => {
      const isRequired = required.includes(name);
      const member = `readonly ${literalName(name)}${isRequired ? '' : '?'}: ${this.#member(schema, inner)}`;
      return [...comment(schema), `${member}${isRequired ? '' : ' | undefined'};`];
    });
    const members = typeof additionalProperties === 'object' ? this.of(additionalProperties, inner) : 'unknown';
    // A ready adapter is known by having no type.
    if (not) lines.push('readonly type?: undefined;');
    if (additionalProperties !== false) lines.push(`readonly [name: string]: ${members};`);
    return `{\n${lines.map((line) => `${inner}${line}\n`).join('')}${indent}}`;
  }
}

/** Every member of every object, however deep. */
function* membersOf(schema: JsonSchema): Generator<{ readonly name: string; readonly schema: JsonSchema }> {
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema;
  for (const [name, member] of Object.entries(properties)) {
    yield { name, schema: member };
    yield* membersOf(member);
  }
  const others = [
    typeof additionalProperties === 'object' ? additionalProperties : [],
    items ?? [],
    anyOf,
    oneOf,
  ].flat();
  for (const other of others) yield* membersOf(other);
}

/** What a type depends on: not how its member is described. */
function formOf({ description: _description, default: _default, ...form }: JsonSchema): string {
  return JSON.stringify(form);
}

function typeName(member: string): string {
  return `${member.charAt(0).toUpperCase()}${member.slice(1)}Config`;
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
